package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"net"
	"net/http"
	"strconv"
	"sync"
	"time"

	"github.com/cenkalti/backoff/v5"
)

// retrying repeats requests that failed for reasons that pass: a status of
// overload, a connection that broke. The pauses grow, each by chance a bit
// longer or shorter, so that callers that failed together do not come back
// together. A registry that says when to come back is left alone until then by
// all requests.
type retrying struct {
	inner http.RoundTripper
	tries uint
	first time.Duration // the first pause

	mu    sync.Mutex
	until map[string]time.Time // by host: when it wants to be asked again
}

// errStatus is a status that passes.
var errStatus = errors.New("a status that passes")

// RoundTrip implements http.RoundTripper. When the tries are used up it
// returns the last answer, whatever its status.
func (t *retrying) RoundTrip(r *http.Request) (*http.Response, error) {
	pauses := backoff.NewExponentialBackOff()
	pauses.InitialInterval, pauses.Multiplier, pauses.MaxInterval = t.first, 2, 50*t.first
	resp, err := backoff.Retry(r.Context(), func() (*http.Response, error) { return t.try(r) },
		backoff.WithBackOff(pauses), backoff.WithMaxTries(t.tries), backoff.WithMaxElapsedTime(0))
	if resp != nil {
		return resp, nil
	}
	return nil, err
}

// try makes the request once. An error is one to try again after, unless it is
// permanent.
func (t *retrying) try(r *http.Request) (*http.Response, error) {
	if err := t.wait(r.Context(), r.URL.Host); err != nil {
		return nil, backoff.Permanent(err)
	}
	attempt, err := again(r)
	if err != nil {
		return nil, backoff.Permanent(err)
	}
	resp, err := t.inner.RoundTrip(attempt)
	switch {
	case err != nil && (r.Context().Err() != nil || lasting(err)):
		return nil, backoff.Permanent(err)
	case err != nil:
		return nil, err
	case !passes(resp.StatusCode):
		return resp, nil
	}
	if pause, ok := retryAfter(resp); ok {
		if deadline, limited := r.Context().Deadline(); limited && time.Until(deadline) < pause {
			return resp, backoff.Permanent(errStatus)
		}
		t.leave(r.URL.Host, pause)
	}
	return resp, errStatus
}

// again is the request with its body from the start.
func again(r *http.Request) (*http.Request, error) {
	attempt := r.Clone(r.Context())
	if r.GetBody == nil {
		return attempt, nil
	}
	body, err := r.GetBody()
	attempt.Body = body
	return attempt, err
}

// passes reports whether a status may be another one in a moment.
func passes(status int) bool {
	switch status {
	case http.StatusRequestTimeout, http.StatusTooManyRequests:
		return true
	case http.StatusNotImplemented, http.StatusHTTPVersionNotSupported:
		return false
	}
	return status >= 500
}

// lasting reports whether an error will be the same again: that of a
// certificate, of a server without TLS, of a name that is not there, of ours.
func lasting(err error) bool {
	var certificate *tls.CertificateVerificationError
	var name *net.DNSError
	var noTLS tls.RecordHeaderError
	var plain *plainHTTPError
	var lying *lyingError
	var redirected *redirectedError
	var redirects *redirectsError
	return errors.As(err, &certificate) || errors.As(err, &noTLS) || errors.As(err, &plain) || errors.As(err, &lying) || errors.As(err, &redirected) || errors.As(err, &redirects) ||
		errors.Is(err, errTooLong) || errors.As(err, &name) && name.IsNotFound
}

// retryAfter is how long a registry wants to be left alone (RFC 9110, section
// 10.2.3: seconds, or a date).
func retryAfter(resp *http.Response) (time.Duration, bool) {
	text := resp.Header.Get("Retry-After")
	if seconds, err := strconv.Atoi(text); err == nil && seconds >= 0 {
		return time.Duration(min(seconds, 24*60*60)) * time.Second, true
	}
	date, err := http.ParseTime(text)
	return max(0, time.Until(date)), err == nil
}

func (t *retrying) leave(host string, pause time.Duration) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.until == nil {
		t.until = map[string]time.Time{}
	}
	if until := time.Now().Add(pause); until.After(t.until[host]) {
		t.until[host] = until
	}
}

// wait returns when a host may be asked.
func (t *retrying) wait(ctx context.Context, host string) error {
	t.mu.Lock()
	pause := time.Until(t.until[host])
	t.mu.Unlock()
	if pause <= 0 {
		return nil
	}
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return context.Cause(ctx)
	}
}
