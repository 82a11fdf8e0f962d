package registry

import (
	"context"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
)

// challenged answers the challenge of a manifest request, for registries that
// let anybody ask for /v2/ and protect their repositories one by one, as docker
// and containerd do. The first challenge is answered for all repositories of
// the session. Credentials that the token service rejects are not sent again.
type challenged struct {
	inner    http.RoundTripper
	registry name.Registry
	auth     authn.Authenticator
	scopes   []string

	mu       sync.Mutex
	open     bool // /v2/ answered without a challenge
	token    string
	since    time.Time // when the token was given
	rejected bool
}

// tokenLife is how long a token is taken to be valid: a request that is turned
// away with a younger one is not allowed.
const tokenLife = 50 * time.Second

// RoundTrip implements http.RoundTripper.
func (c *challenged) RoundTrip(r *http.Request) (*http.Response, error) {
	if r.URL.Host != c.registry.RegistryStr() {
		return c.inner.RoundTrip(r)
	}
	token := c.current()
	resp, err := c.send(r, token)
	if err != nil {
		return nil, err
	}
	if r.URL.Path == "/v2/" {
		c.mu.Lock()
		c.open = c.open || resp.StatusCode == http.StatusOK
		c.mu.Unlock()
		return resp, nil
	}
	if resp.StatusCode != http.StatusUnauthorized {
		return resp, nil
	}
	fresh := c.answer(r.Context(), resp, token)
	if fresh == "" {
		return resp, nil
	}
	return c.send(r, fresh)
}

func (c *challenged) current() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.token
}

func (c *challenged) send(r *http.Request, token string) (*http.Response, error) {
	if token != "" {
		r = r.Clone(r.Context())
		r.Header.Set("Authorization", "Bearer "+token)
	}
	return c.inner.RoundTrip(r)
}

// answer gets another token than the one that was used, or "".
func (c *challenged) answer(ctx context.Context, resp *http.Response, used string) string {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.token != used {
		return c.token
	}
	if !c.open || c.rejected || c.token != "" && time.Since(c.since) < tokenLife {
		return ""
	}
	challenge, err := transport.Ping(ctx, c.registry, said{resp})
	if err != nil || strings.ToLower(challenge.Scheme) != "bearer" {
		return ""
	}
	token, err := transport.Exchange(ctx, c.registry, c.auth, c.inner, c.scopes, challenge)
	if err != nil {
		c.rejected = true
		return ""
	}
	c.token, c.since = token.Token, time.Now()
	if token.Token == "" {
		c.token = token.AccessToken
	}
	return c.token
}

// said answers every request with the header of an answer that there was, so
// that transport reads the challenge in it.
type said struct{ resp *http.Response }

// RoundTrip implements http.RoundTripper.
func (s said) RoundTrip(*http.Request) (*http.Response, error) {
	again := *s.resp
	again.Body = http.NoBody
	return &again, nil
}
