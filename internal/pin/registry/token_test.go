package registry

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"math/big"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// A tokenServer gives out tokens that distribution takes, for any scope, to
// whoever has the password.
// https://distribution.github.io/distribution/spec/auth/token/
type tokenServer struct {
	*httptest.Server
	roots string // the file of its certificate
	key   *ecdsa.PrivateKey
	der   []byte

	mu     sync.Mutex
	scopes [][]string                            // of each request
	life   func(count int) time.Duration         // of a token
	refuse func(scopes []string) (status int)    // 0 for no
	grant  func(scopes []string) (some []string) // what of it is granted
}

func newTokenServer(t *testing.T) *tokenServer {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "tokens"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign | x509.KeyUsageDigitalSignature,
	}
	der, err := x509.CreateCertificate(rand.Reader, template, template, &key.PublicKey, key)
	require.NoError(t, err)
	s := &tokenServer{key: key, der: der, roots: writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})))}
	s.Server = httptest.NewServer(http.HandlerFunc(s.serve))
	t.Cleanup(s.Close)
	return s
}

// realm has a name of the host, not its address: go-containerregistry follows
// none to a private address.
func (s *tokenServer) realm() string {
	return strings.Replace(s.URL, "127.0.0.1", "localhost", 1) + "/token"
}

func (s *tokenServer) serve(w http.ResponseWriter, r *http.Request) {
	scopes := r.URL.Query()["scope"]
	s.mu.Lock()
	s.scopes = append(s.scopes, scopes)
	count := len(s.scopes)
	s.mu.Unlock()
	if s.refuse != nil && s.refuse(scopes) != 0 {
		w.WriteHeader(s.refuse(scopes))
		return
	}
	if u, p, ok := r.BasicAuth(); !ok || u != user || p != password {
		w.WriteHeader(http.StatusUnauthorized)
		fmt.Fprintf(w, "%s is not %s", r.Header.Get("Authorization"), p) // as a careless server has it
		return
	}
	life := time.Hour
	if s.life != nil {
		life = s.life(count)
	}
	if s.grant != nil {
		scopes = s.grant(scopes)
	}
	_ = json.NewEncoder(w).Encode(map[string]string{"token": s.token(scopes, life)})
}

func (s *tokenServer) asked() int {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.scopes)
}

// token is a JWT over the scopes, signed with ES256 (RFC 7518, section 3.4).
func (s *tokenServer) token(scopes []string, life time.Duration) string {
	access := []map[string]any{}
	for _, scope := range scopes {
		part := strings.Split(scope, ":")
		access = append(access, map[string]any{"type": part[0], "name": part[1], "actions": strings.Split(part[2], ",")})
	}
	now := time.Now()
	encode := func(v any) string {
		data, _ := json.Marshal(v)
		return base64.RawURLEncoding.EncodeToString(data)
	}
	signed := encode(map[string]any{"alg": "ES256", "typ": "JWT", "x5c": []string{base64.StdEncoding.EncodeToString(s.der)}}) + "." +
		encode(map[string]any{
			"iss": "tokens", "sub": user, "aud": "registry", "jti": fmt.Sprint(now.UnixNano()), "access": access,
			"iat": now.Unix(), "nbf": now.Add(-2 * time.Hour).Unix(), "exp": now.Add(life).Unix(),
		})
	sum := sha256.Sum256([]byte(signed))
	r, q, _ := ecdsa.Sign(rand.Reader, s.key, sum[:])
	return signed + "." + base64.RawURLEncoding.EncodeToString(append(r.FillBytes(make([]byte, 32)), q.FillBytes(make([]byte, 32))...))
}

// withTokens is distribution behind a front, with images in it.
func withTokens(t *testing.T, s *tokenServer, references ...string) (f *front, want map[string]string) {
	t.Helper()
	backend := distribution(t, "", `auth: {token: {realm: "`+s.realm()+`", service: registry, issuer: tokens, rootcertbundle: "`+s.roots+`"}}
`)
	want = map[string]string{}
	auth := remote.WithAuth(&authn.Basic{Username: user, Password: password})
	for _, reference := range references {
		want[reference] = push(t, backend, reference, testImage(t, reference), auth)
	}
	s.mu.Lock()
	s.scopes = nil
	s.mu.Unlock()
	return newFront(t, backend, nil), want
}

func TestTokens_OneForTheWholeRegistry(t *testing.T) {
	s := newTokenServer(t)
	references := someReferences(40)
	f, want := withTokens(t, s, references...)
	requireDigests(t, want, references, lookUp(t, Options{Config: configFor(t, f.host)}, f.host, references...))
	assert.Equal(t, map[string]int{"GET ping": 1, "GET manifest": 40}, f.asked())
	require.Len(t, s.scopes, 1)
	assert.Len(t, s.scopes[0], 40)
}

func TestTokens_SplitWhereOneIsRefused(t *testing.T) {
	for name, prepare := range map[string]func(*tokenServer){
		"the request is too long": func(s *tokenServer) {
			s.refuse = func(scopes []string) int { return map[bool]int{true: http.StatusRequestURITooLong}[len(scopes) > 5] }
		},
		"only the first scope counts": func(s *tokenServer) {
			s.grant = func(scopes []string) []string { return scopes[:min(1, len(scopes))] }
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := newTokenServer(t)
			references := someReferences(12)
			f, want := withTokens(t, s, references...)
			prepare(s)
			requireDigests(t, want, references, lookUp(t, Options{Config: configFor(t, f.host)}, f.host, references...))
		})
	}
}

func TestTokens_OneRepositoryIsNotTheUsers(t *testing.T) {
	s := newTokenServer(t)
	references := someReferences(10)
	f, want := withTokens(t, s, references...)
	s.grant = func(scopes []string) (some []string) {
		for _, scope := range scopes {
			if !strings.Contains(scope, "team/app-003") {
				some = append(some, scope)
			}
		}
		return some
	}
	answers := lookUp(t, Options{Config: configFor(t, f.host)}, f.host, references...)
	for i, r := range references {
		if i == 3 {
			require.NotNil(t, answers[i].Failure)
			assert.Contains(t, answers[i].Failure.Message, "refuses the credentials that are configured for it, or does not have the image (401 Unauthorized")
			continue
		}
		require.Nil(t, answers[i].Failure, r)
		assert.Equal(t, want[r], answers[i].Entry.Digest)
	}
	assertNoSecret(t, answers)
}

func TestTokens_Expired(t *testing.T) {
	s := newTokenServer(t)
	references := someReferences(10)
	f, want := withTokens(t, s, references...)
	s.life = func(count int) time.Duration {
		return map[bool]time.Duration{true: -time.Hour, false: time.Hour}[count == 1]
	}
	requireDigests(t, want, references, lookUp(t, Options{Config: configFor(t, f.host)}, f.host, references...))

	s.life = func(int) time.Duration { return -time.Hour } // and so are all others
	before := s.asked()
	answers := lookUp(t, Options{Config: configFor(t, f.host)}, f.host, references[0])
	require.NotNil(t, answers[0].Failure)
	assert.Contains(t, answers[0].Failure.Message, "401")
	assert.LessOrEqual(t, s.asked()-before, 3)
	assertNoSecret(t, answers)
}

func TestTokens_WrongPasswordIsTriedOnce(t *testing.T) {
	s := newTokenServer(t)
	references := someReferences(20)
	f, _ := withTokens(t, s, references...)
	wrong := writeFile(t, `{"auths": {"`+f.host+`": {"username": "robot", "password": "not-`+password+`"}}}`)
	answers := lookUp(t, Options{Config: wrong}, f.host, references...)
	for _, a := range answers {
		require.NotNil(t, a.Failure)
		assert.Contains(t, a.Failure.Message, "refuses the credentials that are configured for it")
		assert.Contains(t, a.Failure.Hint, "docker login "+f.host)
	}
	assert.Equal(t, 1, s.asked(), "more would lock the account")
	assertNoSecret(t, answers)
}
