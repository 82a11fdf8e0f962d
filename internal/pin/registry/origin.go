package registry

import (
	"net/http"
	"net/url"
)

// sameOrigin follows no redirect that would take a credential to another
// origin: in a header, or in a body, which status 307 and 308 send again.
type sameOrigin struct{ inner http.RoundTripper }

// redirectedError says that a credential would go to another origin.
type redirectedError struct{ host string }

func (e *redirectedError) Error() string { return "a redirect of credentials to " + e.host }

// RoundTrip implements http.RoundTripper.
func (s *sameOrigin) RoundTrip(r *http.Request) (*http.Response, error) {
	secret := r.Header.Get("Authorization") != "" || r.Body != nil && r.Body != http.NoBody
	if from := r.Response; secret && from != nil && from.Request != nil {
		if was := from.Request.URL; was.Scheme != r.URL.Scheme || was.Host != r.URL.Host {
			return nil, &redirectedError{r.URL.Host}
		}
	}
	return s.inner.RoundTrip(r)
}

// boundedRedirects ends a series of redirects that leads in a circle, or that is
// longer than maxRedirects, before
// net/http ends it with an error of no type.
type boundedRedirects struct{ inner http.RoundTripper }

const maxRedirects = 8

// redirectsError says where a series of redirects ended.
type redirectsError struct {
	host   string
	circle bool
}

func (e *redirectsError) Error() string { return "too many redirects, the last to " + e.host }

// RoundTrip implements http.RoundTripper.
func (b *boundedRedirects) RoundTrip(r *http.Request) (*http.Response, error) {
	seen := map[url.URL]bool{}
	for from, hops := r.Response, 1; from != nil && from.Request != nil; from, hops = from.Request.Response, hops+1 {
		seen[*from.Request.URL] = true
		if circle := seen[*r.URL]; circle || hops > maxRedirects {
			return nil, &redirectsError{r.URL.Host, circle}
		}
	}
	return b.inner.RoundTrip(r)
}
