package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
)

var update = flag.Bool("update", false, "rewrite the scripts' expectations")

// programs are what the test binary also is, by the name that it is called by.
var programs = map[string]func(){"belay": main, "belay-krm": main}

func TestMain(m *testing.M) { testscript.Main(m, programs) }

// TestScripts runs the commands as users do: each script under testdata has
// its input, the calls, their exit codes and what they print.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup:               startRegistry,
		Cmds:                commands,
	})
}

// commands are what scripts can do beside running programs.
var commands = map[string]func(*testscript.TestScript, bool, []string){
	"push":        push,
	"pushschema1": pushSchema1,
	"forget":      forget,
	"requests":    requests,
	"status":      golden.Status,
	"hookrepo":    hookrepo,
	"runhint":     runHint,
}

// Standard input is read once, and so far that it shows if it is too large.
func TestReadOnce(t *testing.T) {
	stdin := readOnce(strings.NewReader("0123456789"))
	for range 2 {
		data, err := stdin(5)
		require.NoError(t, err)
		assert.Equal(t, "012345", string(data))
	}
	data, err := readOnce(strings.NewReader("0123456789"))(10)
	require.NoError(t, err)
	assert.Equal(t, "0123456789", string(data))
}

// A countingRegistry is go-containerregistry's own, in memory, which notes the
// requests for manifests.
type countingRegistry struct {
	http.Handler

	mu        sync.Mutex
	manifests []string
}

func (c *countingRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "/manifests/") {
		c.mu.Lock()
		c.manifests = append(c.manifests, r.Method)
		c.mu.Unlock()
	}
	c.Handler.ServeHTTP(w, r)
}

// taken are the requests since the last call, sorted.
func (c *countingRegistry) taken() string {
	c.mu.Lock()
	defer c.mu.Unlock()
	slices.Sort(c.manifests)
	all := strings.Join(c.manifests, " ")
	c.manifests = nil
	return all
}

// startRegistry gives each script a registry of its own, at $REGISTRY.
func startRegistry(env *testscript.Env) error {
	c := &countingRegistry{Handler: registry.New(registry.Logger(log.New(io.Discard, "", 0)))}
	server := httptest.NewServer(c)
	env.Defer(server.Close)
	env.Setenv("REGISTRY", strings.TrimPrefix(server.URL, "http://"))
	env.Setenv("HOME", env.WorkDir)
	env.Values["registry"] = c
	return nil
}

// push puts an image into the registry: push REF CONTENT [PLATFORM...]. The
// same content has the same digest; with platforms it is an index.
func push(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: push REF CONTENT [PLATFORM...]")
	}
	ref, err := name.ParseReference(args[0])
	ts.Check(err)
	image, err := mutate.Config(empty.Image, v1.Config{Labels: map[string]string{"content": args[1]}})
	ts.Check(err)
	if len(args) == 2 {
		ts.Check(remote.Write(ref, image))
	} else {
		ts.Check(remote.WriteIndex(ref, indexOf(ts, image, args[2:])))
	}
	ts.Value("registry").(*countingRegistry).taken()
}

func indexOf(ts *testscript.TestScript, image v1.Image, platforms []string) v1.ImageIndex {
	config, err := image.ConfigFile()
	ts.Check(err)
	index := v1.ImageIndex(empty.Index)
	for _, text := range platforms {
		platform, err := v1.ParsePlatform(text)
		ts.Check(err)
		config = config.DeepCopy()
		config.OS, config.Architecture = platform.OS, platform.Architecture
		one, err := mutate.ConfigFile(image, config)
		ts.Check(err)
		index = mutate.AppendManifests(index, mutate.IndexAddendum{Add: one, Descriptor: v1.Descriptor{Platform: platform}})
	}
	return index
}

// pushSchema1 puts a manifest of schema 1 into the registry: pushschema1 REF.
func pushSchema1(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: pushschema1 REF")
	}
	manifest := `{"schemaVersion": 1, "name": "old", "tag": "v1", "architecture": "amd64", "fsLayers": [], "history": []}`
	send(ts, http.MethodPut, args[0], manifest)
}

// forget removes a manifest from the registry: forget REF, or forget @FILE with
// the reference in it. A tag leaves the digest behind.
func forget(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: forget REF")
	}
	ref := args[0]
	if file, ok := strings.CutPrefix(ref, "@"); ok {
		ref = strings.TrimSpace(ts.ReadFile(file))
	}
	send(ts, http.MethodDelete, ref, "")
}

func send(ts *testscript.TestScript, method, reference, manifest string) {
	ref, err := name.ParseReference(reference)
	ts.Check(err)
	url := "http://" + ref.Context().RegistryStr() + "/v2/" + ref.Context().RepositoryStr() + "/manifests/" + ref.Identifier()
	req, err := http.NewRequest(method, url, strings.NewReader(manifest))
	ts.Check(err)
	req.Header.Set("Content-Type", "application/vnd.docker.distribution.manifest.v1+prettyjws")
	resp, err := http.DefaultClient.Do(req)
	ts.Check(err)
	ts.Check(resp.Body.Close())
	if resp.StatusCode >= 300 {
		ts.Fatalf("%s %s: %s", method, url, resp.Status)
	}
	ts.Value("registry").(*countingRegistry).taken()
}

// requests asks which requests for manifests the registry had since the last
// push, sorted: requests GET HEAD.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	c := ts.Value("registry").(*countingRegistry)
	if got, want := c.taken(), strings.Join(args, " "); got != want {
		ts.Fatalf("the registry had the requests %q, not %q", got, want)
	}
}

// runHint runs the command that the last program proposed, and sees that it
// succeeds: runhint COMMAND, where COMMAND is what it should be.
func runHint(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 1 {
		ts.Fatalf("usage: runhint COMMAND")
	}
	found := proposed.FindAllStringSubmatch(ts.ReadFile("stdout")+ts.ReadFile("stderr"), -1)
	if len(found) == 0 {
		ts.Fatalf("no command is proposed")
	}
	for _, match := range found {
		if match[1] != args[0] {
			ts.Fatalf("%q is proposed, not %q", match[1], args[0])
		}
	}
	ts.Check(ts.Exec("sh", "-c", args[0]))
}

// proposed matches a command that a message proposes.
var proposed = regexp.MustCompile(`(?m)run: (belay .*)$`)
