package registry

import (
	"bytes"
	"cmp"
	"context"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/google/go-containerregistry/pkg/v1/types"
)

// maxAnswer is how much of an answer is read. What distribution takes as a
// manifest has 4 MiB at most (registry/handlers/manifests.go).
const maxAnswer = 4 << 20

// newTransport makes what all requests of a client go through, from the
// outside in: tries, the reading of whole answers, the end of redirects, the bans
// on plain HTTP and on redirects of credentials, one pool of connections a registry.
func newTransport(opts Options, roots *x509.CertPool) http.RoundTripper {
	pool := &http.Transport{
		Proxy:                 http.ProxyFromEnvironment,
		DialContext:           (&net.Dialer{Timeout: 10 * time.Second}).DialContext,
		ForceAttemptHTTP2:     true,
		TLSClientConfig:       &tls.Config{RootCAs: roots},
		TLSHandshakeTimeout:   10 * time.Second,
		MaxIdleConnsPerHost:   maxRequests,
		IdleConnTimeout:       90 * time.Second,
		ExpectContinueTimeout: time.Second,
	}
	return &retrying{
		inner: &wholeAnswers{
			inner:   &boundedRedirects{inner: &encrypted{inner: &sameOrigin{inner: pool}, opts: opts}},
			timeout: cmp.Or(opts.Attempt, 20*time.Second),
		},
		tries: uint(cmp.Or(opts.Tries, 8)),
		first: cmp.Or(opts.Backoff, 200*time.Millisecond),
	}
}

// encrypted lets no plain HTTP out, but to this machine and to registries that
// the user named.
type encrypted struct {
	inner http.RoundTripper
	opts  Options
}

// plainHTTPError says that a host would be asked without encryption.
type plainHTTPError struct{ host string }

func (e *plainHTTPError) Error() string { return "plain HTTP to " + e.host }

// RoundTrip implements http.RoundTripper.
func (e *encrypted) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Scheme != "https" && !loopback(r.URL.Hostname()) && !e.opts.insecure(r.URL.Host) {
		return nil, &plainHTTPError{r.URL.Host}
	}
	return e.inner.RoundTrip(r)
}

// insecure reports whether the user allowed plain HTTP to a host: to all its
// ports, or to the one it has.
func (o Options) insecure(host string) bool {
	name, _, err := net.SplitHostPort(host)
	return slices.Contains(o.Insecure, host) || err == nil && slices.Contains(o.Insecure, name)
}

func loopback(host string) bool {
	ip := net.ParseIP(host)
	return host == "localhost" || ip != nil && ip.IsLoopback()
}

// wholeAnswers reads an answer to its end, in the time that a request has, so
// that one that breaks off or trickles is a request that failed. The content
// of a manifest is held against the digest in the header that came with it.
type wholeAnswers struct {
	inner   http.RoundTripper
	timeout time.Duration
}

// lyingError says that a header gives another digest than the content has.
type lyingError struct{ header, content string }

func (e *lyingError) Error() string {
	return fmt.Sprintf("Docker-Content-Digest %s with content of digest %s", e.header, e.content)
}

// RoundTrip implements http.RoundTripper.
func (w *wholeAnswers) RoundTrip(r *http.Request) (*http.Response, error) {
	ctx, cancel := context.WithTimeout(r.Context(), w.timeout)
	defer cancel()
	resp, err := w.inner.RoundTrip(r.WithContext(ctx))
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	content, err := io.ReadAll(io.LimitReader(resp.Body, maxAnswer+1))
	if err != nil {
		return nil, err
	}
	if len(content) > maxAnswer {
		return nil, errTooLong
	}
	resp.Body = io.NopCloser(bytes.NewReader(content))
	resp.Request = r
	if err := honest(resp, content); err != nil {
		return nil, err
	}
	return resp, nil
}

var errTooLong = errors.New("an answer of more than 4 MiB")

// honest compares a manifest's digest in the header with its content's. Signed
// manifests of schema 1 have the digest of a part of them; HEAD has no content.
func honest(resp *http.Response, content []byte) error {
	header := resp.Header.Get("Docker-Content-Digest")
	isManifest := resp.Request.Method == http.MethodGet && resp.StatusCode == http.StatusOK && strings.Contains(resp.Request.URL.Path, "/manifests/")
	if !isManifest || !strings.HasPrefix(header, "sha256:") || types.MediaType(resp.Header.Get("Content-Type")).IsSchema1() {
		return nil
	}
	if own := fmt.Sprintf("sha256:%x", sha256.Sum256(content)); own != header {
		return &lyingError{header, own}
	}
	return nil
}
