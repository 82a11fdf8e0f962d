package main

import (
	"crypto/rand"
	"fmt"
	"io"
	"log"
	"maps"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
)

const (
	latency = 50 * time.Millisecond
	atOnce  = 32 // requests that belay pin has open
)

// A farRegistry answers after a delay, to who has a token, and counts what it
// is asked for.
type farRegistry struct {
	http.Handler
	server *httptest.Server
	token  string // that it gives out and wants; "" for none

	mu     sync.Mutex
	far    bool
	counts map[string]int
}

func newFarRegistry(token string) *farRegistry {
	f := &farRegistry{Handler: registry.New(registry.Logger(log.New(io.Discard, "", 0))), token: token, counts: map[string]int{}}
	f.server = httptest.NewServer(f)
	return f
}

func (f *farRegistry) host() string { return strings.TrimPrefix(f.server.URL, "http://") }

func (f *farRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	far := f.far
	if far {
		f.counts[kind(r)]++
	}
	f.mu.Unlock()
	if !far {
		f.Handler.ServeHTTP(w, r)
		return
	}
	time.Sleep(latency)
	switch {
	case r.URL.Path == "/token":
		fmt.Fprintf(w, `{"token": %q}`, f.token)
	case f.token != "" && r.Header.Get("Authorization") != "Bearer "+f.token:
		w.Header().Set("WWW-Authenticate", fmt.Sprintf(`Bearer realm="%s/token",service="bench"`, f.server.URL))
		w.WriteHeader(http.StatusUnauthorized)
	default:
		f.Handler.ServeHTTP(w, r)
	}
}

func kind(r *http.Request) string {
	switch {
	case strings.Contains(r.URL.Path, "/manifests/"):
		return "manifest"
	case r.URL.Path == "/token":
		return "token"
	case r.URL.Path == "/v2/":
		return "ping"
	}
	return r.URL.Path
}

// pins looks up tags on registries 50 ms away.
func pins(work string, t tools, s sizes, r *report) error {
	for _, m := range []struct {
		tags, registries int
		token            bool
		target           float64
	}{
		{200, 1, false, 1.5},
		{200, 1, true, 0},
		{1000, 3, false, 0},
	} {
		if err := pinTags(work, t, s, r, m.tags, m.registries, m.token, m.target); err != nil {
			return err
		}
	}
	return nil
}

func pinTags(work string, t tools, s sizes, r *report, tags, registries int, token bool, target float64) error {
	title := fmt.Sprintf("%d tags, 50 ms away", tags)
	if registries > 1 {
		title = fmt.Sprintf("%d tags on %d registries, 50 ms away", tags, registries)
	}
	dir := mkdir(filepath.Join(work, strings.ReplaceAll(title, " ", "-")+fmt.Sprint(token)))
	var far []*farRegistry
	secret := ""
	if token {
		title += ", for a token"
		secret = rand.Text()
	}
	for range registries {
		f := newFarRegistry(secret)
		defer f.server.Close()
		far = append(far, f)
	}
	if err := pushTags(far, tags, dir); err != nil {
		return err
	}
	for _, f := range far {
		f.far = true
	}
	lock := filepath.Join(dir, "belay.lock")
	results, err := inTurn(s.fleetRuns, command{dir: dir, args: []string{t.belay, "pin"}, before: func(*command) error { return os.RemoveAll(lock) }})
	if err != nil {
		return err
	}
	ideal := float64(tags) / atOnce * float64(latency)
	var ratios []float64
	for _, res := range results[0] {
		ratios = append(ratios, float64(res.Wall)/ideal)
	}
	r.add(section{
		title:  title,
		about:  fmt.Sprintf("`belay pin` against %d ÷ %d × %s.", tags, atOnce, latency),
		target: target,
		ratios: ratios,
		limit:  60 << 20,
		rows:   []row{{"belay pin", results[0]}},
		notes:  []string{"Requests a run: " + requests(far, s.fleetRuns+1) + "."},
	})
	return nil
}

// requests are those that the registries had in a run, by kind.
func requests(far []*farRegistry, runs int) string {
	total := map[string]int{}
	for _, f := range far {
		for what, n := range f.counts {
			total[what] += n
		}
	}
	var asked []string
	for _, what := range slices.Sorted(maps.Keys(total)) {
		asked = append(asked, fmt.Sprintf("%s %g", what, float64(total[what])/float64(runs)))
	}
	return strings.Join(asked, ", ")
}

func pushTags(far []*farRegistry, tags int, dir string) error {
	var spec strings.Builder
	spec.WriteString("package fleet\n\napps: {\n")
	for i := range tags {
		ref := fmt.Sprintf("%s/team/app-%03d:v1", far[i%len(far)].host(), i)
		parsed, err := name.ParseReference(ref)
		if err != nil {
			return err
		}
		image, err := mutate.Config(empty.Image, v1.Config{Labels: map[string]string{"app": ref}})
		if err != nil {
			return err
		}
		if err := remote.Write(parsed, image); err != nil {
			return err
		}
		fmt.Fprintf(&spec, "\t\"app-%03d\": image: %q\n", i, ref)
	}
	spec.WriteString("}\n")
	return os.WriteFile(filepath.Join(dir, "app.cue"), []byte(spec.String()), 0o644)
}
