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
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/pin"
)

// user and password must never be seen in anything that belay says.
const user, password = "robot", "hunter2-secret"

// hash is that of the password, as htpasswd -nbB has it.
const hash = "$2a$04$6GjtJJHFMiMMH54oMMFv4eRAsz0FTd/5GKHsDcFTYaexEXvRk4x9u"

// configFor is a docker config with the password for hosts.
func configFor(t *testing.T, hosts ...string) (path string) {
	t.Helper()
	auths := map[string]any{}
	for _, h := range hosts {
		auths[h] = map[string]string{"auth": base64.StdEncoding.EncodeToString([]byte(user + ":" + password))}
	}
	data, err := json.Marshal(map[string]any{"auths": auths})
	require.NoError(t, err)
	return writeFile(t, string(data))
}

// assertNoSecret asks that failures tell nothing that the user keeps to himself.
func assertNoSecret(t *testing.T, answers []pin.Answer) {
	t.Helper()
	for _, a := range answers {
		text := fmt.Sprintf("%+v %v", a, a.Failure)
		for _, secret := range []string{password, base64.StdEncoding.EncodeToString([]byte(user + ":" + password)), "eyJ"} {
			assert.NotContains(t, text, secret)
		}
	}
}

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
	assert.Equal(t, map[string]int{"GET ping": 1, "GET manifest": 1, "HEAD manifest": 39}, f.asked())
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

// withPasswords is distribution with basic authentication.
func withPasswords(t *testing.T, references ...string) (host string, want map[string]string) {
	t.Helper()
	host = distribution(t, "", `auth: {htpasswd: {realm: test, path: "`+writeFile(t, user+":"+hash+"\n")+`"}}
`)
	want = map[string]string{}
	for _, reference := range references {
		want[reference] = push(t, host, reference, testImage(t, reference), remote.WithAuth(&authn.Basic{Username: user, Password: password}))
	}
	return host, want
}

func TestBasic(t *testing.T) {
	references := someReferences(5)
	host, want := withPasswords(t, references...)
	requireDigests(t, want, references, lookUp(t, Options{Config: configFor(t, host)}, host, references...))

	for _, a := range lookUp(t, Options{}, host, references...) {
		require.NotNil(t, a.Failure)
		assert.Contains(t, a.Failure.Message, "wants credentials")
		assert.Contains(t, a.Failure.Hint, "docker login "+host)
	}
	wrong := writeFile(t, `{"auths": {"`+host+`": {"username": "robot", "password": "not-`+password+`"}}}`)
	answers := lookUp(t, Options{Config: wrong}, host, references...)
	assert.Contains(t, answers[0].Failure.Message, "refuses the credentials")
	assertNoSecret(t, answers)
}

// TestRedirects_TakeNoCredentials has a registry lead to another host, as
// those do that keep their content at a cloud's.
func TestRedirects_TakeNoCredentials(t *testing.T) {
	elsewhere := func(other *front) fault {
		return func(w http.ResponseWriter, r *http.Request, kind string, _ int, next http.Handler) {
			if kind == "manifest" {
				http.Redirect(w, r, "http://"+other.host+r.URL.Path+"?X-Amz-Signature=signed-"+password, http.StatusTemporaryRedirect)
				return
			}
			next.ServeHTTP(w, r)
		}
	}
	references := someReferences(3)
	t.Run("a password", func(t *testing.T) {
		open := backends["in memory"](t)
		want := fill(t, open, references...)
		other := newFront(t, open, nil)
		host, _ := withPasswords(t)
		f := newFront(t, host, elsewhere(other))
		requireDigests(t, want, references, lookUp(t, Options{Config: configFor(t, f.host)}, f.host, references...))
		assert.NotEmpty(t, f.brought())
		assert.Empty(t, other.brought())
	})
	t.Run("a token", func(t *testing.T) {
		open := backends["in memory"](t)
		want := fill(t, open, references...)
		other := newFront(t, open, nil)
		s := newTokenServer(t)
		behind, _ := withTokens(t, s)
		f := newFront(t, behind.host, elsewhere(other))
		requireDigests(t, want, references, lookUp(t, Options{Config: configFor(t, f.host)}, f.host, references...))
		assert.Equal(t, 1, s.asked())
		assert.Empty(t, other.brought())
	})
	t.Run("to nothing", func(t *testing.T) {
		host, _ := withPasswords(t)
		f := newFront(t, host, elsewhere(&front{host: "127.0.0.1:9"}))
		answers := lookUp(t, Options{Config: configFor(t, f.host), Tries: 2}, f.host, references...)
		assert.Contains(t, answers[0].Failure.Message, "connection refused")
		assertNoSecret(t, answers) // nor the signature in the URL
	})
}

func TestMirrors_TakeNoCredentialsOfTheOrigin(t *testing.T) {
	backend := backends["in memory"](t)
	fill(t, backend, "hub/library/nginx:v1")
	mirror := newFront(t, backend, nil)
	opts := Options{
		Config:  configFor(t, "https://index.docker.io/v1/", "registry.example.com"),
		Mirrors: []Mirror{{"docker.io", mirror.host + "/hub"}},
	}
	client, err := New(quick(opts))
	require.NoError(t, err)
	a := client.Resolve(t.Context(), []pin.Query{{Ref: "nginx:v1"}})[0]
	require.Nil(t, a.Failure)
	assert.Empty(t, mirror.brought())
}

func TestTLS_OwnAuthority(t *testing.T) {
	certificate, key := serverCertificate(t)
	host := distribution(t, `, tls: {certificate: "`+certificate+`", key: "`+key+`"}`, "")
	pool := x509.NewCertPool()
	data, err := os.ReadFile(certificate)
	require.NoError(t, err)
	require.True(t, pool.AppendCertsFromPEM(data))
	reference := "team/app:v1"
	want := map[string]string{reference: push(t, host, reference, testImage(t, reference), remote.WithTransport(newTransport(Options{}, pool)))}

	requireDigests(t, want, []string{reference}, lookUp(t, Options{CA: certificate}, host, reference))
	a := lookUp(t, Options{}, host, reference)[0]
	require.NotNil(t, a.Failure)
	assert.Contains(t, a.Failure.Message, "has a certificate that is not trusted: x509: certificate signed by unknown authority")
	assert.Contains(t, a.Failure.Hint, "--registry-ca FILE")
}

// serverCertificate makes a certificate for 127.0.0.1 that is its own authority.
func serverCertificate(t *testing.T) (certificate, key string) {
	t.Helper()
	pair := httptest.NewUnstartedServer(nil)
	pair.StartTLS()
	defer pair.Close()
	der, err := x509.MarshalPKCS8PrivateKey(pair.TLS.Certificates[0].PrivateKey)
	require.NoError(t, err)
	return writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: pair.Certificate().Raw}))),
		writeFile(t, string(pem.EncodeToMemory(&pem.Block{Type: "PRIVATE KEY", Bytes: der})))
}

// helper puts a credential helper into PATH, which notes what it is asked for.
func helper(t *testing.T, name, secret string) (asked func() []string) {
	t.Helper()
	dir := t.TempDir()
	script := "#!/bin/sh\nread host\necho $host >> " + dir + "/asked\n" +
		`[ -n "` + secret + `" ] || { echo "credentials not found in native keychain"; exit 1; }` + "\n" +
		`echo "{\"ServerURL\": \"$host\", \"Username\": \"robot\", \"Secret\": \"` + secret + `\"}"` + "\n"
	require.NoError(t, os.WriteFile(filepath.Join(dir, "docker-credential-"+name), []byte(script), 0o755))
	t.Setenv("PATH", dir+":"+os.Getenv("PATH"))
	return func() []string {
		data, _ := os.ReadFile(filepath.Join(dir, "asked"))
		return strings.Fields(string(data))
	}
}

func found(t *testing.T, k *keychain, repository string) *authn.AuthConfig {
	t.Helper()
	r, err := name.NewRepository(repository)
	require.NoError(t, err)
	l, err := k.find(t.Context(), r)
	require.NoError(t, err)
	config, err := l.auth.Authorization()
	require.NoError(t, err)
	return config
}

func TestKeychain_HelpersAreAskedOnce(t *testing.T) {
	asked := helper(t, "vault", password)
	k, err := newKeychain(writeFile(t, `{"credHelpers": {"registry.example.com": "vault"}}`))
	require.NoError(t, err)
	for range 3 {
		assert.Equal(t, password, found(t, k, "registry.example.com/team/app").Password)
		assert.Equal(t, password, found(t, k, "registry.example.com/team/other").Password)
		assert.Empty(t, found(t, k, "elsewhere.example.com/team/app").Password)
	}
	assert.Equal(t, []string{"registry.example.com"}, asked())
}

func TestKeychain_CloudsHaveHelpers(t *testing.T) {
	ecr, gcr, acr := helper(t, "ecr-login", "aws"), helper(t, "gcloud", "google"), helper(t, "acr-env", "")
	k, err := newKeychain(writeFile(t, `{"auths": {"own.azurecr.io": {"auth": "cm9ib3Q6b3du"}}}`))
	require.NoError(t, err)
	assert.Equal(t, "aws", found(t, k, "123456789012.dkr.ecr.eu-west-1.amazonaws.com/team/app").Password)
	assert.Equal(t, "google", found(t, k, "europe-docker.pkg.dev/project/team/app").Password)
	assert.Empty(t, found(t, k, "team.azurecr.io/app").Password, "the helper has none")
	assert.Equal(t, "own", found(t, k, "own.azurecr.io/app").Password, "the configuration comes first")
	assert.Empty(t, found(t, k, "123456789012.dkr.ecr.eu-west-1.amazonaws.com.evil.example/app").Password)
	assert.Empty(t, found(t, k, "evilgcr.io/app").Password)
	assert.Len(t, ecr(), 1)
	assert.Len(t, gcr(), 1)
	assert.Equal(t, []string{"team.azurecr.io"}, acr())
}

func TestKeychain_PartsOfARegistry(t *testing.T) {
	k, err := newKeychain(writeFile(t, `{"auths": {
		"quay.io/one": {"auth": "b25lOjE="}, "quay.io/one/deep": {"auth": "ZGVlcDoy"}, "quay.io/two": {"auth": "dHdvOjM="},
		"docker.io": {"auth": "aHViOjQ="}, "https://legacy.example.com/v1/": {"auth": "b2xkOjU="}}}`))
	require.NoError(t, err)
	for repository, user := range map[string]string{
		"quay.io/one/app": "one", "quay.io/one/deep/app": "deep", "quay.io/two/app": "two", "quay.io/three/app": "",
		"quay.io/oneself/app": "", "nginx": "hub", "legacy.example.com/app": "old",
	} {
		assert.Equal(t, user, found(t, k, repository).Username, repository)
	}
}

func TestKeychain_Environment(t *testing.T) {
	t.Setenv("DOCKER_AUTH_CONFIG", `{"auths": {"registry.example.com": {"auth": "Y2k6am9i"}}}`)
	k, err := newKeychain(writeFile(t, "{}"))
	require.NoError(t, err)
	assert.Equal(t, "ci", found(t, k, "registry.example.com/app").Username)

	t.Setenv("REGISTRY_AUTH_FILE", writeFile(t, `{"auths": {"podman.example.com": {"auth": "cG9kbWFuOnA="}}}`))
	t.Setenv("HOME", t.TempDir())
	k, err = newKeychain("")
	require.NoError(t, err)
	assert.Equal(t, "podman", found(t, k, "podman.example.com/app").Username)
}
