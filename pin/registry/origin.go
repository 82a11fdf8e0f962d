package registry

import "net/http"

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
