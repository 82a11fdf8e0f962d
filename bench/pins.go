package main

import (
	"fmt"
	"io"
	"log"
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
	tags    = 200
	latency = 50 * time.Millisecond
	atOnce  = 32
)

// A farRegistry answers after a delay, and counts what it is asked for.
type farRegistry struct {
	http.Handler
	mu     sync.Mutex
	far    bool
	counts map[string]int
}

func (f *farRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	f.mu.Lock()
	far := f.far
	if far {
		f.counts[strings.Join([]string{r.Method, kind(r.URL.Path)}, " ")]++
	}
	f.mu.Unlock()
	if far {
		time.Sleep(latency)
	}
	f.Handler.ServeHTTP(w, r)
}

func kind(path string) string {
	if strings.Contains(path, "/manifests/") {
		return "manifest"
	}
	return path
}

// pins looks up 200 tags on a registry 50 ms away.
func pins(work string, t tools, s sizes, r *report) error {
	far := &farRegistry{Handler: registry.New(registry.Logger(log.New(io.Discard, "", 0))), counts: map[string]int{}}
	server := httptest.NewServer(far)
	defer server.Close()
	host := strings.TrimPrefix(server.URL, "http://")
	dir := mkdir(filepath.Join(work, "pins"))
	if err := pushTags(host, dir); err != nil {
		return err
	}
	far.far = true
	lock := filepath.Join(dir, "belay.lock")
	results, err := inTurn(s.fleetRuns, command{dir: dir, args: []string{t.belay, "pin"}, before: func(*command) error { return os.RemoveAll(lock) }})
	if err != nil {
		return err
	}
	ideal := float64(tags) / atOnce * float64(latency)
	var ratios []float64
	for _, res := range results[0] {
		ratios = append(ratios, float64(res.wall)/ideal)
	}
	var asked []string
	for what, n := range far.counts {
		asked = append(asked, fmt.Sprintf("%s: %.1f", what, float64(n)/float64(s.fleetRuns+1)))
	}
	slices.Sort(asked)
	r.add(section{
		title:  "200 tags, 50 ms away",
		about:  fmt.Sprintf("`belay pin` against %d ÷ %d × %s.", tags, atOnce, latency),
		target: 1.5,
		ratios: ratios,
		limit:  60 << 20,
		rows:   []row{{"belay pin", results[0]}},
		notes:  []string{"Requests a run: " + strings.Join(asked, ", ") + "."},
	})
	return nil
}

func pushTags(host, dir string) error {
	var spec strings.Builder
	spec.WriteString("package fleet\n\napps: {\n")
	for i := range tags {
		ref := fmt.Sprintf("%s/team/app-%03d:v1", host, i)
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
