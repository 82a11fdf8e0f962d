package main

import (
	"bytes"
	"compress/gzip"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/json"
	"encoding/pem"
	"fmt"
	"io"
	"log"
	"math/big"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// evilText does something to a terminal and to the logs of CI systems that
// print it as it is, and is long.
const evilText = evilASCII + "\u0085\u009b31m\u202eevil\u2066"

const evilASCII = "\x1b[31mRED\x1b]0;title\x07\n::error::owned\r\n##[group]x##vso[task.setvariable]y"

// TestPin_HostileRegistries pins an image of registries whose certificates,
// headers and answers have text that does something where it is printed. None
// of it gets into a message, in any format.
func TestPin_HostileRegistries(t *testing.T) {
	if testing.Short() {
		t.Skip("it calls each hostile registry four times, in processes")
	}
	for name, c := range map[string]struct {
		certificate *x509.Certificate // of HTTPS; nil for plain HTTP
		trusted     bool              // the caller trusts it
		handler     http.HandlerFunc
		want        string // of what is printed
		args        []string
	}{
		"names of a certificate":                {certificate: &x509.Certificate{DNSNames: []string{"a.example.com" + evilASCII, "b.example.com"}}, want: `a\.example\.com\\x1b\[31mRED.*\\n::error::owned`},
		"names of one that is trusted":          {certificate: &x509.Certificate{DNSNames: []string{"*." + evilASCII}}, trusted: true, want: "certificate is valid for"},
		"a long name of a certificate":          {certificate: &x509.Certificate{DNSNames: []string{strings.Repeat("n::error::owned\n", 1<<11)}}, want: " … "},
		"the common name of a certificate":      {certificate: &x509.Certificate{}, want: "certificate that is not trusted"},
		"the common name of a trusted one":      {certificate: &x509.Certificate{}, trusted: true, want: "certificate that is not trusted"},
		"a certificate that has expired":        {certificate: &x509.Certificate{DNSNames: []string{"localhost", evilASCII}, NotAfter: time.Unix(1e9, 0)}, trusted: true, want: "expired"},
		"the media type of a manifest":          {handler: answering("text/"+evilText, "", "<html>"), want: "unusable-image"},
		"the digest of a header":                {handler: answering("application/vnd.oci.image.index.v1+json", "sha256:"+evilText+strings.Repeat("y", 3000), emptyIndex), want: "sha256:"},
		"the platforms of an index":             {handler: answering("application/vnd.oci.image.index.v1+json", "", indexOfPlatform("linux"+evilText, "amd64"+evilText)), want: `missing-platform.*linux\\x1b\[31mRED`, args: []string{"--platform", "linux/arm64"}},
		"the host of a redirect":                {handler: redirecting("http://evil%C2%9B31m%E2%80%AE%0A::error::x.example.com/x"), want: "evil"},
		"the challenge of a registry":           {handler: challenging(`Bearer realm="https://evil` + "\u009b31m\u202e" + `.example.com/token",service="` + "\u009b::error::owned" + `"`), want: "belay: "},
		"a challenge that cannot be read":       {handler: challenging("\u009b31m\u202e ::error::owned"), want: "belay: "},
		"the code of an error":                  {handler: failing(404, `{"errors":[{"code":"`+strings.ReplaceAll("MANIFEST"+evilText, "\n", `\n`)+`","message":"::error::owned"}]}`), want: "image-not-found"},
		"the text of an error":                  {handler: failing(418, evilText), want: "418"},
		"a status line":                         {handler: hijacking("HTTP/1.1 418 \x1b[31m::error::owned\r\nContent-Length: 0\r\n\r\n"), want: "418"},
		"a gigabyte in a megabyte":              {handler: compressed(1 << 30), want: "belay: "},
		"a redirect to a scheme of its own":     {handler: redirecting("evil\u009b::error::x://a/b"), want: "belay: "},
		"a redirect to where nothing is parsed": {handler: redirecting("http://[::1\u009b31m%zz"), want: "belay: "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			dir := t.TempDir()
			server := httptest.NewUnstartedServer(registryWith(c.handler))
			server.Config.ErrorLog = log.New(io.Discard, "", 0)
			if c.certificate != nil {
				server.TLS = &tls.Config{Certificates: []tls.Certificate{certify(t, dir, c.certificate)}}
				server.StartTLS()
			} else {
				server.Start()
			}
			defer server.Close()
			host := "localhost" + server.URL[strings.LastIndexByte(server.URL, ':'):]
			require.NoError(t, os.WriteFile(filepath.Join(dir, "app.cue"), fmt.Appendf(nil, "package app\n\napps: web: image: %q\n", host+"/team/web:v1"), 0o644))
			args := c.args
			if c.trusted {
				args = append(args, "--registry-ca", filepath.Join(dir, "authority.pem"))
			}
			for _, more := range [][]string{{}, {"--check", "--format", "github"}, {"--check", "--format", "json"}, {"--check", "--format", "sarif"}} {
				cmd := belay(t, dir, append(append([]string{"pin"}, more...), args...)...)
				var out bytes.Buffer
				cmd.Stdout, cmd.Stderr = &out, &out
				err := cmd.Run()
				if len(more) == 0 {
					require.Error(t, err, "it pins nothing: %s", out.String())
					assert.Regexp(t, c.want, out.String())
					assert.NoFileExists(t, filepath.Join(dir, "belay.lock"))
				}
				assert.Empty(t, crashesIn(out.String()))
				assert.Less(t, out.Len(), 16<<10, "it is short")
				// GitHub's format itself has lines that begin a command, which name the file.
				assert.NotRegexp(t, `[\x00-\x09\x0b-\x1f\x7f]|[\x{80}-\x{9f}\x{202a}-\x{202e}\x{2066}-\x{2069}]`, out.String())
				assert.NotRegexp(t, `(?m)^\s*::(error|warning)(::| [^f])|##\[|##vso\[`, out.String())
			}
		})
	}
}

// TestEvilText is what TestPin_HostileRegistries would find if something were
// printed as it is.
func TestEvilText(t *testing.T) {
	assert.Regexp(t, regexp.MustCompile(`[\x{80}-\x{9f}]`), evilText)
	assert.Regexp(t, `(?m)^\s*::(error|warning)(::| [^f])|##\[|##vso\[`, evilText)
}

const emptyIndex = `{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []}`

func indexOfPlatform(os, architecture string) string {
	text, err := json.Marshal(map[string]any{"schemaVersion": 2, "mediaType": "application/vnd.oci.image.index.v1+json", "manifests": []any{map[string]any{
		"mediaType": "application/vnd.oci.image.manifest.v1+json", "size": 10, "digest": "sha256:" + strings.Repeat("cd", 32),
		"platform": map[string]any{"os": os, "architecture": architecture},
	}}})
	must(err)
	return string(text)
}

// registryWith answers the ping of a registry, and leaves the rest to a handler.
func registryWith(handler http.HandlerFunc) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if handler == nil || r.URL.Path == "/v2/" {
			return
		}
		handler(w, r)
	})
}

// answering sends a manifest. The digest is its own if it is "".
func answering(mediaType, digest, body string) http.HandlerFunc {
	if digest == "" {
		digest = fmt.Sprintf("sha256:%x", sha256.Sum256([]byte(body)))
	}
	return raw(200, body, "Content-Type", mediaType, "Docker-Content-Digest", digest)
}

func redirecting(to string) http.HandlerFunc { return raw(307, "", "Location", to) }

func challenging(challenge string) http.HandlerFunc {
	return raw(401, "{}", "WWW-Authenticate", challenge)
}

func failing(status int, body string) http.HandlerFunc {
	return raw(status, body, "Content-Type", "application/json")
}

// raw writes an answer byte by byte, since net/http would mend its headers.
// Line breaks of the values are left out: they would end the header.
func raw(status int, body string, headers ...string) http.HandlerFunc {
	var head strings.Builder
	fmt.Fprintf(&head, "HTTP/1.1 %d x\r\nContent-Length: %d\r\n", status, len(body))
	for i := 0; i < len(headers); i += 2 {
		fmt.Fprintf(&head, "%s: %s\r\n", headers[i], strings.NewReplacer("\n", "", "\r", "", "\x1b", "", "\x07", "").Replace(headers[i+1]))
	}
	return func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			hijacking(head.String()+"\r\n")(w, r)
			return
		}
		hijacking(head.String()+"\r\n"+body)(w, r)
	}
}

// hijacking answers with bytes, and ends the connection.
func hijacking(answer string) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		_, _ = conn.Write([]byte(answer)) // the other side may have gone
	}
}

// compressed sends zeroes, compressed.
func compressed(size int) http.HandlerFunc {
	return func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "application/vnd.oci.image.manifest.v1+json")
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		zeroes := make([]byte, 1<<20)
		for range size / len(zeroes) {
			if _, err := z.Write(zeroes); err != nil {
				return // the other side has seen enough
			}
		}
		_ = z.Close()
	}
}

// certify makes a certificate out of a template that has hostile names already,
// and writes it to authority.pem, as an authority of its own.
func certify(t *testing.T, dir string, template *x509.Certificate) tls.Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	c := *template
	c.SerialNumber, c.Subject = big.NewInt(1), pkix.Name{CommonName: "x" + evilText, Organization: []string{evilText}}
	c.IsCA, c.BasicConstraintsValid = true, true
	if c.NotAfter.IsZero() {
		c.NotAfter = time.Now().Add(24 * time.Hour)
	}
	der, err := x509.CreateCertificate(rand.Reader, &c, &c, &key.PublicKey, key)
	require.NoError(t, err)
	text := pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: der})
	require.NoError(t, os.WriteFile(filepath.Join(dir, "authority.pem"), text, 0o644))
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}
}
