package main

import (
	"flag"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/registry"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/empty"
	"github.com/google/go-containerregistry/pkg/v1/mutate"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/rogpeppe/go-internal/testscript"
)

var update = flag.Bool("update", false, "rewrite the scripts' expectations")

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"belay": main})
}

// TestScripts runs the commands as users do: each script under testdata has
// its input, the calls, their exit codes and what they print.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir:                 "testdata/script",
		RequireExplicitExec: true,
		UpdateScripts:       *update,
		Setup:               startRegistry,
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"push":     push,
			"requests": requests,
			"status":   status,
		},
	})
}

// A countingRegistry is go-containerregistry's own, in memory, which notes the
// requests for manifests.
type countingRegistry struct {
	http.Handler
	manifests []string
}

func (c *countingRegistry) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if strings.Contains(r.URL.Path, "/manifests/") {
		c.manifests = append(c.manifests, r.Method)
	}
	c.Handler.ServeHTTP(w, r)
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

// push puts an image into the registry: push REF CONTENT. The same content
// has the same digest.
func push(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: push REF CONTENT")
	}
	ref, err := name.ParseReference(args[0])
	ts.Check(err)
	image, err := mutate.Config(empty.Image, v1.Config{Labels: map[string]string{"content": args[1]}})
	ts.Check(err)
	ts.Check(remote.Write(ref, image))
	ts.Value("registry").(*countingRegistry).manifests = nil
}

// requests asks which requests for manifests the registry had since the last
// push: requests HEAD HEAD.
func requests(ts *testscript.TestScript, neg bool, args []string) {
	c := ts.Value("registry").(*countingRegistry)
	if got, want := strings.Join(c.manifests, " "), strings.Join(args, " "); got != want {
		ts.Fatalf("the registry had the requests %q, not %q", got, want)
	}
	c.manifests = nil
}

// status runs belay and asks for an exit code: status 2 belay vet nothing. The
// script sees stdout and stderr as after exec.
func status(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: status CODE COMMAND...")
	}
	err := ts.Exec(args[1], args[2:]...)
	code := "0"
	if err != nil {
		code = strings.TrimPrefix(err.Error(), "exit status ")
	}
	if code != args[0] {
		ts.Fatalf("%s: exit code %s, not %s", strings.Join(args[1:], " "), code, args[0])
	}
}
