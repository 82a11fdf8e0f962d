package registry

import (
	"crypto/x509"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/pin"
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
	elsewhere := func(other *front) serverFault {
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
