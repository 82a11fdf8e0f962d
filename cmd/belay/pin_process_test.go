package main

import (
	"bytes"
	"encoding/base64"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/google/go-containerregistry/pkg/authn"
	imagename "github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	"github.com/google/go-containerregistry/pkg/v1/random"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// belay is the program as a process of its own: this test binary under its name.
func belay(t *testing.T, dir string, args ...string) *exec.Cmd {
	t.Helper()
	self, err := os.Executable()
	require.NoError(t, err)
	cmd := exec.Command(self)
	cmd.Args = append([]string{"belay"}, args...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "HOME="+dir, "DOCKER_CONFIG="+dir)
	return cmd
}

// twoStates is a registry that has, for each tag, one image or another.
// asked, if it is not nil, is called for each request for a manifest.
func twoStates(t *testing.T, images int, asked func()) (host string, other *atomic.Bool, spec string) {
	t.Helper()
	other = &atomic.Bool{}
	var filled atomic.Bool
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if filled.Load() && asked != nil && strings.Contains(r.URL.Path, "/manifests/") {
			asked()
		}
		if other.Load() {
			r.URL.Path = strings.Replace(r.URL.Path, "/manifests/v1", "/manifests/v2", 1)
		}
		inner.ServeHTTP(w, r)
	}))
	t.Cleanup(server.Close)
	host = strings.TrimPrefix(server.URL, "http://")
	for i := range images {
		for _, tag := range []string{"v1", "v2"} {
			ref, err := imagename.ParseReference(fmt.Sprintf("%s/app-%d:%s", host, i, tag))
			require.NoError(t, err)
			image, err := random.Image(16, 1)
			require.NoError(t, err)
			require.NoError(t, remote.Write(ref, image))
		}
		spec += fmt.Sprintf("apps: \"app-%d\": image: \"%s/app-%d:v1\"\n", i, host, i)
	}
	filled.Store(true)
	return host, other, "package fleet\n" + spec
}

// TestPin_Interrupted sends an interrupt while a registry is silent.
func TestPin_Interrupted(t *testing.T) {
	asked := make(chan struct{}, 100)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if strings.Contains(r.URL.Path, "/manifests/") {
			asked <- struct{}{}
			<-r.Context().Done()
		}
	}))
	defer server.Close()
	dir := t.TempDir()
	spec := fmt.Sprintf("package web\napps: web: image: %q\n", strings.TrimPrefix(server.URL, "http://")+"/web:v1")
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.cue"), []byte(spec), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "belay.lock"), []byte("version: 1\n"), 0o644))
	cmd := belay(t, dir, "pin")
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	<-asked
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	assert.Error(t, cmd.Wait())
	assert.Equal(t, exitMisuse, cmd.ProcessState.ExitCode())
	assert.Contains(t, stderr.String(), "belay: interrupted; no lock was changed\n")
	lock, err := os.ReadFile(filepath.Join(dir, "belay.lock"))
	require.NoError(t, err)
	assert.Equal(t, "version: 1\n", string(lock))
}

// TestPin_InterruptedWhileReading sends an interrupt while belay waits for the
// rest of a spec.
func TestPin_InterruptedWhileReading(t *testing.T) {
	cmd := belay(t, t.TempDir(), "pin", "-")
	stdin, err := cmd.StdinPipe()
	require.NoError(t, err)
	defer stdin.Close()
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	require.NoError(t, cmd.Start())
	morePipeThanFits := bytes.Repeat([]byte("// a long comment\n"), 20_000)
	_, err = stdin.Write(morePipeThanFits)
	require.NoError(t, err)
	require.NoError(t, cmd.Process.Signal(os.Interrupt))
	assert.Error(t, cmd.Wait())
	assert.Equal(t, exitMisuse, cmd.ProcessState.ExitCode())
	assert.Equal(t, "belay: interrupted; no lock was changed\n", stderr.String())
}

// TestPin_SaysNoSecret lets registries take the credentials, or refuse them
// and repeat them in the answer: neither the output nor the lock has them.
func TestPin_SaysNoSecret(t *testing.T) {
	const password = "hunter2-secret"
	secret := base64.StdEncoding.EncodeToString([]byte("robot:" + password))
	inner := registry.New(registry.Logger(log.New(io.Discard, "", 0)))
	for name, refuse := range map[string]int{"taken": 0, "refused": http.StatusForbidden, "broken": http.StatusTeapot} {
		t.Run(name, func(t *testing.T) {
			server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				switch given := r.Header.Get("Authorization"); {
				case given == "":
					w.Header().Set("WWW-Authenticate", `Basic realm="test"`)
					w.WriteHeader(http.StatusUnauthorized)
				case refuse != 0 && strings.Contains(r.URL.Path, "/manifests/"):
					w.WriteHeader(refuse)
					fmt.Fprintf(w, `{"errors": [{"code": "DENIED", "message": "no: %s, %s"}]}`, given, password)
				default:
					inner.ServeHTTP(w, r)
				}
			}))
			defer server.Close()
			host := strings.TrimPrefix(server.URL, "http://")
			ref, err := imagename.ParseReference(host + "/web:v1")
			require.NoError(t, err)
			image, err := random.Image(16, 1)
			require.NoError(t, err)
			if refuse == 0 {
				require.NoError(t, remote.Write(ref, image, remote.WithAuth(&authn.Basic{Username: "robot", Password: password})))
			}
			dir := t.TempDir()
			require.NoError(t, os.WriteFile(filepath.Join(dir, "app.cue"), fmt.Appendf(nil, "package web\napps: web: image: %q\n", host+"/web:v1"), 0o644))
			config := filepath.Join(dir, "config")
			require.NoError(t, os.WriteFile(config, fmt.Appendf(nil, `{"auths": {%q: {"auth": %q}}}`, host, secret), 0o600))

			said, err := belay(t, dir, "pin", "--registry-config", config).CombinedOutput()
			assert.Equal(t, refuse == 0, err == nil, "%s", said)
			lock, _ := os.ReadFile(filepath.Join(dir, "belay.lock"))
			assert.Equal(t, refuse == 0, len(lock) > 0)
			for _, s := range []string{password, secret} {
				assert.NotContains(t, string(said), s)
				assert.NotContains(t, string(lock), s)
			}
		})
	}
}
