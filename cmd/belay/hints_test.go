package main

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"encoding/pem"
	"fmt"
	"io"
	"math/big"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
)

// TestHints_CommandsRun renders every fixture and every sample of a diagnostic's
// page, and runs the commands that the hints propose, as they are printed: their
// flags and paths are there, and what is to be run to mend something mends it,
// unless the input has other mistakes. Registries of any name are behind a proxy
// that has every image.
func TestHints_CommandsRun(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs the commands of all hints, in processes")
	}
	environment := append(os.Environ(), everyImage(t)...)
	mended, failed := map[string]int{}, map[string]bool{}
	seen := 0
	for name, in := range hintInputs(t) {
		t.Run(name, func(t *testing.T) {
			for _, command := range []string{"vet", "render"} {
				dir := in.copy(t)
				for _, hint := range in.hints(dir, command) {
					if strings.HasPrefix(hint.text, "remove this lock, and run: ") {
						require.NoError(t, os.Remove(filepath.Join(dir, hint.file)))
					}
					for _, proposed := range hint.commands(t) {
						seen++
						cmd := exec.Command("sh", "-c", proposed)
						cmd.Dir, cmd.Env = dir, environment
						out, err := cmd.CombinedOutput()
						code := cmd.ProcessState.ExitCode()
						assert.Contains(t, []int{0, exitInput}, code, "%s: %s\n%s", hint.text, proposed, out)
						if !strings.Contains(hint.text, "run: "+proposed) {
							continue
						}
						if err != nil {
							failed[hint.code] = true // on the other mistakes
							continue
						}
						for _, after := range in.hints(dir, command) {
							assert.NotEqual(t, hint.code, after.code, "%s is left by %s", hint.code, proposed)
						}
						mended[hint.code]++
					}
				}
			}
		})
	}
	t.Logf("commands run: %d; codes that they mended, with how often: %v", seen, mended)
	delete(failed, string(diag.UnpinnedModule)) // it takes a module cache, which a script has
	for code := range failed {
		assert.Positive(t, mended[code], "no input shows that the command mends %s", code)
	}
	assert.GreaterOrEqual(t, len(mended), 3)
}

// A hintInput is a directory of specs, and how to compile them.
type hintInput struct {
	copy func(t *testing.T) (dir string)
	args []string
}

// hintInputs are the fixtures, and the samples of pages, by name.
func hintInputs(t *testing.T) map[string]hintInput {
	all := map[string]hintInput{}
	fixtures, err := golden.Fixtures("../../fixtures")
	require.NoError(t, err)
	for _, f := range fixtures {
		all[f.Name] = hintInput{args: arguments(t, f.Dir), copy: func(t *testing.T) string {
			dir := t.TempDir()
			require.NoError(t, os.CopyFS(dir, os.DirFS(f.Dir)))
			return dir
		}}
	}
	for _, code := range diag.Codes() {
		page, _ := diag.Page(code)
		sample, err := golden.PageSample(page, "Bad")
		if err != nil {
			continue // it takes a registry, or a broken disk
		}
		in := hintInput{args: strings.Fields(sample.Files["ARGS"]), copy: func(t *testing.T) string {
			dir := t.TempDir()
			golden.Write(t, dir, sample.Files)
			return dir
		}}
		if sample.Files["app.yaml"] != "" && len(sample.Files) == 1 {
			in.args = []string{"app.yaml"}
		}
		all["page "+string(code)] = in
	}
	return all
}

// A printedHint is a hint as it is printed, with the code and the file that it is for.
type printedHint struct{ code, file, text string }

var (
	reportedCode = regexp.MustCompile(`^(?:error|warning|note)\[([a-z-]+)\]: `)
	commandNames = regexp.MustCompile(`\bbelay (?:pin|render|vet|explain|fmt|schema|target|completion|version|krm|cmp)\b`)
)

// hints runs a command over the input in a directory, and returns the hints that
// it prints.
func (in hintInput) hints(dir, command string) (hints []printedHint) {
	args := in.args
	if command == "vet" {
		args = slices.DeleteFunc(slices.Clone(args), func(arg string) bool { return arg == "--replay" || arg == "--argocd" })
	}
	var out bytes.Buffer
	args = append([]string{command, "--error-limit", "0"}, args...)
	c := &cli{Process: frontend.Process{Out: &out, Err: &out, Dir: dir, CUE: cuelang.Language{}, Args: args}}
	c.run()
	code, file := "", ""
	for _, line := range strings.Split(out.String(), "\n") {
		if m := reportedCode.FindStringSubmatch(line); m != nil {
			code = m[1]
			hints = append(hints, printedHint{code: code})
		}
		if _, place, ok := strings.Cut(line, "--> "); ok {
			file, _, _ = strings.Cut(place, ":")
		}
		if _, text, ok := strings.Cut(line, "= hint: "); ok {
			hints = append(hints, printedHint{code, file, text})
		}
	}
	return hints
}

// commands returns the commands that a hint proposes. Each ends with the part of
// the sentence that it is in: at a comma, a colon, a semicolon or a parenthesis
// outside of quotes.
func (h printedHint) commands(t *testing.T) (commands []string) {
	for _, at := range commandNames.FindAllStringIndex(h.text, -1) {
		command := h.text[at[0]:]
		quoted := false
		for i, r := range command {
			rest := command[i+1:]
			if r == '\'' {
				quoted = !quoted
			}
			if !quoted && (strings.ContainsRune(",;:)", r) && (rest == "" || rest[0] == ' ') || r == '(') {
				command = strings.TrimSpace(command[:i])
				break
			}
		}
		commands = append(commands, command)
	}
	if strings.Contains(h.text, "kubectl") {
		assert.Regexp(t, `kubectl delete (services|routes)\.serving\.knative\.dev [a-z0-9-]+ -n [a-z0-9-]+\)?$`, h.text)
	}
	return commands
}

// everyImage starts a proxy to registries of any name that have every image, and
// returns the environment of a process that uses it.
func everyImage(t *testing.T) []string {
	image, err := mutate.Config(empty.Image, v1.Config{Labels: map[string]string{"for": "hints"}})
	require.NoError(t, err)
	manifest, err := image.RawManifest()
	require.NoError(t, err)
	config, err := image.RawConfigFile()
	require.NoError(t, err)
	mediaType, err := image.MediaType()
	require.NoError(t, err)
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	require.NoError(t, err)
	authority := &x509.Certificate{SerialNumber: big.NewInt(1), IsCA: true, BasicConstraintsValid: true, NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(24 * time.Hour)}
	root, err := x509.CreateCertificate(rand.Reader, authority, authority, &key.PublicKey, key)
	require.NoError(t, err)

	registry := httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch {
		case strings.Contains(r.URL.Path, "/manifests/"):
			w.Header().Set("Content-Type", string(mediaType))
			_, _ = w.Write(manifest) // the other side reads it, or the test fails
		case strings.Contains(r.URL.Path, "/blobs/"):
			_, _ = w.Write(config)
		}
	}))
	registry.TLS = &tls.Config{GetCertificate: func(hello *tls.ClientHelloInfo) (*tls.Certificate, error) {
		c := *authority
		c.SerialNumber, c.IsCA, c.DNSNames = big.NewInt(2), false, []string{hello.ServerName}
		der, err := x509.CreateCertificate(rand.Reader, &c, authority, &key.PublicKey, key)
		return &tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, err
	}}
	registry.StartTLS()
	t.Cleanup(registry.Close)
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		to, err := net.Dial("tcp", registry.Listener.Addr().String())
		if r.Method != http.MethodConnect || err != nil {
			http.Error(w, "CONNECT alone", http.StatusBadGateway)
			return
		}
		from, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		fmt.Fprint(from, "HTTP/1.1 200 OK\r\n\r\n")
		go func() { _, _ = io.Copy(to, from); to.Close() }()
		go func() { _, _ = io.Copy(from, to); from.Close() }()
	}))
	t.Cleanup(proxy.Close)

	home := t.TempDir()
	file := filepath.Join(home, "authority.pem")
	require.NoError(t, os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: root}), 0o644))
	return []string{"HTTPS_PROXY=" + proxy.URL, "NO_PROXY=", "SSL_CERT_FILE=" + file, "HOME=" + home, "DOCKER_CONFIG=" + home}
}
