package registry

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"sync"

	"github.com/google/go-containerregistry/pkg/v1/remote/transport"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

// failure puts an error into words of ours. What a registry wrote is left out,
// but for the code of its error: a page of HTML helps nobody, and a hostile
// server could have it repeat the credentials that it was sent.
func (s *session) failure(ctx context.Context, t *target, err error) *pin.Failure {
	var known *pin.Failure
	if errors.As(err, &known) {
		return known
	}
	f := &pin.Failure{Registry: host(t.registry())}
	var status *transport.Error
	var certificate *tls.CertificateVerificationError
	switch {
	case errors.As(err, &certificate): // on loopback there may be a status from plain HTTP beside it
		f.Message = "has a certificate that is not trusted: " + certificate.Err.Error()
		f.Hint = "name the authority's certificate with --registry-ca FILE"
	case errors.Is(context.Cause(ctx), context.Canceled):
		f.Message, f.Hint = "was not waited for", "run it again"
	case errors.As(err, &status):
		s.explainStatus(f, t, status)
	case ctx.Err() != nil:
		f.Message, f.Hint = "gave no answer in the time that the run had", "give it more with --timeout, or look up fewer images with --update=GLOB"
	default:
		explainLine(f, err)
	}
	return f
}

// explainStatus tells an answer that is not the one asked for.
func (s *session) explainStatus(f *pin.Failure, t *target, e *transport.Error) {
	answer := answerOf(e)
	anonymous := s.reach(t.ref.Context()).login.anonymous()
	switch {
	case e.StatusCode == http.StatusNotFound && !isPing(e):
		f.Code = diag.ImageNotFound
		f.Message, f.Hint = fmt.Sprintf("does not have it (%s)", answer), "correct the reference, or push the image first"
	case (e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden) && anonymous:
		f.Message = fmt.Sprintf("wants credentials, or does not have the image (%s)", answer)
		f.Hint = fmt.Sprintf("docker login %s, or name a config that has them with --registry-config", f.Registry)
	case e.StatusCode == http.StatusUnauthorized || e.StatusCode == http.StatusForbidden:
		f.Message = fmt.Sprintf("refuses the credentials that are configured for it, or does not have the image (%s)", answer)
		f.Hint = fmt.Sprintf("docker login %s again, with an account that may pull it", f.Registry)
	case e.StatusCode == http.StatusTooManyRequests:
		f.Message = fmt.Sprintf("takes no more requests for now (%s)", answer)
		f.Hint = fmt.Sprintf("log in for a higher limit, wait, or use a mirror with --mirror %s=HOST", f.Registry)
	case passes(e.StatusCode):
		f.Message = fmt.Sprintf("is not working (%s, again and again)", answer)
		f.Hint = fmt.Sprintf("try later, or use a mirror with --mirror %s=HOST", f.Registry)
	default:
		f.Message, f.Hint = fmt.Sprintf("does not answer as a registry does (%s)", answer), "see that the host is right, and no proxy is in between"
	}
}

// errorCode is the form of the codes of the distribution specification.
var errorCode = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[A-Z_]{1,40}$`) })

// answerOf is an answer's status, and the code of its error if it has one.
func answerOf(e *transport.Error) string {
	text := fmt.Sprintf("%d %s", e.StatusCode, http.StatusText(e.StatusCode))
	if len(e.Errors) > 0 && errorCode().MatchString(string(e.Errors[0].Code)) {
		text += ", " + string(e.Errors[0].Code)
	}
	return strings.TrimSpace(text)
}

// explainLine tells what went wrong without an answer.
func explainLine(f *pin.Failure, err error) {
	var noTLS tls.RecordHeaderError
	var plain *plainHTTPError
	var name *net.DNSError
	var lying *lyingError
	var credential *credentialError
	var redirected *redirectedError
	var redirects *redirectsError
	switch {
	case errors.As(err, &redirects):
		f.Message = fmt.Sprintf("redirects requests more than %d times, the last time to %s", maxRedirects, redirects.host)
		if redirects.circle {
			f.Message = "redirects requests in a circle, by way of " + redirects.host
		}
		f.Hint = fmt.Sprintf("have it answer itself, or use a mirror with --mirror %s=HOST", f.Registry)
	case errors.As(err, &redirected):
		f.Message = "leads credentials to another host, " + redirected.host
		f.Hint = "they are sent to the registry and its token service only; have that answer itself"
	case errors.As(err, &credential):
		f.Message = "has credentials that can't be had: the helper that docker's configuration names for it failed"
		f.Hint = fmt.Sprintf("docker login %s again, or name another config with --registry-config", f.Registry)
	case errors.As(err, &lying):
		f.Message = fmt.Sprintf("sent content of digest %s, and said %.100q", lying.content, lying.header)
		f.Hint = "something on the way alters answers, or the registry is broken; its digests can't be believed"
	case errors.As(err, &plain), errors.As(err, &noTLS), errors.Is(err, http.ErrSchemeMismatch):
		f.Message = "speaks plain HTTP"
		f.Hint = fmt.Sprintf("if that is meant to be, allow it with --insecure-registry %s", f.Registry)
		if plain != nil && plain.host != f.Registry {
			f.Message, f.Hint = "leads to plain HTTP at "+plain.host, "have it lead to HTTPS"
		}
	case errors.As(err, &name):
		f.Message, f.Hint = "can't be found: "+name.Err, "correct the reference, or see to the network"
	default:
		f.Message = "can't be reached: " + brief(err)
		f.Hint = fmt.Sprintf("see to the network and try again, or use a mirror with --mirror %s=HOST", f.Registry)
	}
}

// brief is the cause of an error, in one line, without the URL: after a
// redirect there may be a signature in it.
func brief(err error) string {
	var line *url.Error
	for errors.As(err, &line) {
		err = line.Err
	}
	if errors.Is(err, context.DeadlineExceeded) {
		return "no whole answer in the time of a request"
	}
	first, _, _ := strings.Cut(err.Error(), "\n")
	return first
}
