package registry

import (
	"bufio"
	"cmp"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/http/httputil"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/pin"
)

// distributionBinary builds the real registry once, when a test needs it, and returns
// its path.
var distributionBinary = sync.OnceValues(func() (string, error) { return golden.Program("../../..", "tools/registry") })

// backends are the registries that tests run against: go-containerregistry's
// in memory, and CNCF distribution as a process. Each returns its host.
var backends = map[string]func(t *testing.T) string{
	"in memory": func(t *testing.T) string {
		server := httptest.NewServer(registry.New(registry.Logger(log.New(io.Discard, "", 0))))
		t.Cleanup(server.Close)
		return strings.TrimPrefix(server.URL, "http://")
	},
	"distribution": func(t *testing.T) string { return distribution(t, "", "") },
}

// distribution starts a registry process, which -short skips, with more of its configuration under
// "http" and "auth".
func distribution(t *testing.T, http, auth string) (host string) {
	t.Helper()
	if testing.Short() {
		t.Skip("it builds a registry, and starts it")
	}
	config := filepath.Join(t.TempDir(), "config.yml")
	require.NoError(t, os.WriteFile(config, []byte(`version: 0.1
log: {level: info, accesslog: {disabled: true}}
storage: {inmemory: {}, delete: {enabled: true}}
http: {addr: "127.0.0.1:0", secret: shared`+http+`}
`+auth), 0o600))
	program, err := distributionBinary()
	require.NoError(t, err)
	cmd := exec.Command(program, "serve", config)
	cmd.Env = append(os.Environ(), "OTEL_TRACES_EXPORTER=none")
	stderr, err := cmd.StderrPipe()
	require.NoError(t, err)
	require.NoError(t, cmd.Start())
	t.Cleanup(func() {
		_ = cmd.Process.Kill()
		_ = cmd.Wait()
	})
	listening := regexp.MustCompile(`listening on (127\.0\.0\.1:\d+)`)
	var lines []string
	for scanner := bufio.NewScanner(stderr); scanner.Scan(); {
		lines = append(lines, scanner.Text())
		if found := listening.FindStringSubmatch(scanner.Text()); found != nil {
			go io.Copy(io.Discard, stderr)
			return found[1]
		}
	}
	require.Fail(t, "the registry did not start", "%s", strings.Join(lines, "\n"))
	return ""
}

// A front is a server before a registry: it counts requests, notes who brought
// credentials, and may answer in the registry's place.
type front struct {
	host   string
	server *httptest.Server

	mu          sync.Mutex
	requests    map[string]int // by method and kind: "HEAD manifest", "GET ping"
	credentials map[string]bool
	open, most  int // manifest requests under way
}

// A serverFault answers a request, or passes it on. Requests of a kind are counted
// from 1.
type serverFault func(w http.ResponseWriter, r *http.Request, kind string, count int, next http.Handler)

func newFront(t *testing.T, backend string, fault serverFault) *front {
	t.Helper()
	f := unstartedFront(backend, fault)
	f.server.Start()
	t.Cleanup(f.server.Close)
	f.host = strings.TrimPrefix(f.server.URL, "http://")
	return f
}

func unstartedFront(backend string, fault serverFault) *front {
	proxy := httputil.NewSingleHostReverseProxy(&url.URL{Scheme: "http", Host: backend})
	proxy.ErrorLog = log.New(io.Discard, "", 0)
	proxy.Transport = &http.Transport{MaxIdleConnsPerHost: 64}
	f := &front{requests: map[string]int{}, credentials: map[string]bool{}}
	f.server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		kind, count := f.note(r)
		defer f.leave(kind)
		if fault != nil {
			fault(w, r, kind, count, proxy)
			return
		}
		proxy.ServeHTTP(w, r)
	}))
	f.server.Config.ErrorLog = log.New(io.Discard, "", 0)
	return f
}

func (f *front) note(r *http.Request) (kind string, count int) {
	kind = "other"
	switch {
	case strings.Contains(r.URL.Path, "/manifests/"):
		kind = "manifest"
	case strings.Contains(r.URL.Path, "/blobs/"):
		kind = "blob"
	case r.URL.Path == "/v2/":
		kind = "ping"
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	f.requests[r.Method+" "+kind]++
	f.credentials[r.Header.Get("Authorization")] = true
	if kind == "manifest" {
		f.open++
		f.most = max(f.most, f.open)
	}
	return kind, f.requests[r.Method+" "+kind]
}

func (f *front) leave(kind string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	if kind == "manifest" {
		f.open--
	}
}

// asked are the requests so far.
func (f *front) asked() map[string]int {
	f.mu.Lock()
	defer f.mu.Unlock()
	return maps.Clone(f.requests)
}

// brought are the values of Authorization that were seen, but for none at all.
func (f *front) brought() (values []string) {
	f.mu.Lock()
	defer f.mu.Unlock()
	for v := range f.credentials {
		if v != "" {
			values = append(values, v)
		}
	}
	return values
}

// fill pushes images and returns the digests that their tags must resolve to,
// by "repository:tag".
func fill(t *testing.T, host string, references ...string) map[string]string {
	t.Helper()
	digests := map[string]string{}
	for _, reference := range references {
		digests[reference] = push(t, host, reference, testImage(t, reference))
	}
	return digests
}

func testImage(t *testing.T, content string) v1.Image {
	t.Helper()
	image, err := mutate.ConfigFile(empty.Image, &v1.ConfigFile{OS: "linux", Architecture: "amd64", Config: v1.Config{Labels: map[string]string{"content": content}}})
	require.NoError(t, err)
	return image
}

func push(t *testing.T, host, reference string, what remote.Taggable, opts ...remote.Option) (digest string) {
	t.Helper()
	ref, err := name.ParseReference(host + "/" + reference)
	require.NoError(t, err)
	require.NoError(t, remote.Push(ref, what, opts...))
	descriptor, err := remote.Head(ref, opts...)
	require.NoError(t, err)
	return descriptor.Digest.String()
}

// quick returns options with which what passes is tried again at once. A request has
// a minute, so that a busy machine fails none.
func quick(opts Options) Options {
	opts.Backoff, opts.Attempt = time.Millisecond, cmp.Or(opts.Attempt, time.Minute)
	return opts
}

// lookUp resolves references of one registry, as "repository:tag", without the
// credentials of whoever runs the tests.
func lookUp(t *testing.T, opts Options, host string, references ...string) []pin.Answer {
	t.Helper()
	if opts.Config == "" {
		opts.Config = writeFile(t, "{}")
	}
	client, err := New(quick(opts))
	require.NoError(t, err)
	var queries []pin.Query
	for _, r := range references {
		queries = append(queries, pin.Query{Ref: host + "/" + r})
	}
	return client.Resolve(t.Context(), queries)
}

func writeFile(t *testing.T, text string) (path string) {
	t.Helper()
	path = filepath.Join(t.TempDir(), "file")
	require.NoError(t, os.WriteFile(path, []byte(text), 0o600))
	return path
}

// requireDigests asks that every answer is the truth.
func requireDigests(t *testing.T, want map[string]string, references []string, answers []pin.Answer) {
	t.Helper()
	require.Len(t, answers, len(references))
	for i, r := range references {
		require.Nil(t, answers[i].Failure, "%s: %v", r, answers[i].Failure)
		require.Equal(t, want[r], answers[i].Entry.Digest, r)
	}
}

func someReferences(n int) (references []string) {
	for i := range n {
		references = append(references, fmt.Sprintf("team/app-%03d:v1", i))
	}
	return references
}
