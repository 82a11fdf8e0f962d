package belay_test

import (
	"context"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay"
)

const pinnedApp = "package web\n\ntarget: {knative: \"1.23\", istio: \"1.31\"}\napps: web: image: \"registry.example.com/web@" + digest + "\"\n"

// codes are the codes of diagnostics, each with the file that it is in.
func codes(diags belay.Diagnostics) (codes []string) {
	for _, d := range diags {
		codes = append(codes, d.Range.File+" "+d.Code)
	}
	return codes
}

// TestCompile_Options has options that are not valid: the error says what is.
func TestCompile_Options(t *testing.T) {
	specs := fstest.MapFS{"app.cue": {Data: []byte(pinnedApp)}}
	for name, c := range map[string]struct {
		opts belay.Options
		want string
	}{
		"an absolute path":   {belay.Options{Paths: []string{"/app.cue"}}, `belay: the path "/app.cue" is not below the root of the file system; "./..." and "apps/web" are`},
		"standard input":     {belay.Options{Paths: []string{"-"}}, `belay: the path "-" is not below`},
		"a path outside":     {belay.Options{Paths: []string{"../app.cue"}}, `belay: the path "../app.cue" is not below`},
		"a path of nothing":  {belay.Options{Paths: []string{"gone.cue"}}, "belay: gone.cue: file does not exist"},
		"a policy's file":    {belay.Options{Policy: "policy.yaml"}, `belay: the policy "policy.yaml" is neither own nor tenant`},
		"a pin":              {belay.Options{Pins: map[string]string{"web:v1": "v1"}}, `belay: the pin of web:v1 is "v1"; expected sha256: and 64 hex digits`},
		"a pin of no image":  {belay.Options{Pins: map[string]string{"!!": digest}}, `belay: the key "!!" of Pins is not a valid image reference: `},
		"a pin of nothing":   {belay.Options{Pins: map[string]string{"": digest, "web:v1": "v1"}}, `belay: the key "" of Pins is not a valid image reference: `},
		"an app of no spec":  {belay.Options{Apps: []string{"wbe"}}, "belay: no app wbe in the given paths"},
		"a target of no one": {belay.Options{Target: "prod"}, "so there is no target prod"},
	} {
		t.Run(name, func(t *testing.T) {
			bundles, diags, err := belay.Compile(t.Context(), specs, c.opts)
			require.ErrorContains(t, err, c.want)
			assert.Empty(t, bundles)
			assert.Empty(t, diags)
		})
	}
	_, _, err := belay.Compile(t.Context(), nil, belay.Options{})
	assert.ErrorContains(t, err, "os.DirFS(directory)")
	var noContext context.Context
	_, _, err = belay.Compile(noContext, specs, belay.Options{})
	assert.EqualError(t, err, "belay: the context is nil; without a deadline, give context.Background()")
	_, diags, err := belay.Compile(t.Context(), specs, belay.Options{PolicyFile: []byte("namespaces: [team-a\n")})
	require.NoError(t, err)
	assert.Equal(t, []string{"policy.yaml syntax"}, codes(diags))
}

// TestCompile_ReadsNothingElse has specs that name files outside of their file
// system, which are there on disk, and files in it whose names are hidden.
func TestCompile_ReadsNothingElse(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "secret.yaml")
	require.NoError(t, os.WriteFile(outside, []byte("secret"), 0o600))
	compile := func(t *testing.T, app string) ([]belay.Bundle, belay.Diagnostics) {
		specs := fstest.MapFS{
			"cue.mod/module.cue": {Data: []byte("module: \"example.com/deploy\"\nlanguage: version: \"v0.9.0\"\n")},
			"apps/greeting.txt":  {Data: []byte("hello from inside")},
			"apps/.token":        {Data: []byte("hidden")},
			"apps/app.cue":       {Data: []byte(app)},
		}
		bundles, diags, err := belay.Compile(t.Context(), specs, belay.Options{Paths: []string{"./apps"}})
		require.NoError(t, err)
		return bundles, diags
	}
	embed := func(file string) string {
		return "@extern(embed)\n\n" + pinnedApp + "apps: web: env: GREETING: _greeting\n_greeting: string @embed(file=" + file + ", type=text)\n"
	}
	bundles, diags := compile(t, embed("greeting.txt"))
	require.Empty(t, diags)
	assert.Contains(t, string(bundles[0].Objects[0].YAML), "hello from inside")
	for _, file := range []string{outside, "../../../../../.." + outside, ".token", "gone.txt"} {
		bundles, diags := compile(t, embed(file))
		assert.True(t, diags.HasErrors(), file)
		assert.Empty(t, bundles, file)
		assert.Equal(t, "apps/app.cue", diags[0].Range.File, file)
	}
	platform := pinnedApp + "platform: {version: \"1.23\", install: \"manifests\", manifests: directory: \"../../../../../.." + filepath.Dir(outside) + "\"}\n"
	bundles, diags = compile(t, platform)
	assert.True(t, diags.HasErrors())
	assert.Empty(t, bundles)
}

// TestCompile_Concurrently compiles the same specs and others at the same time:
// each run returns what it returns alone.
func TestCompile_Concurrently(t *testing.T) {
	specs := []fstest.MapFS{
		{"app.cue": {Data: []byte(pinnedApp)}},
		{"app.cue": {Data: []byte(pinnedApp + "apps: other: image: \"registry.example.com/web:v2\"\n")}},
		{"app.cue": {Data: []byte("package web\n\napps: web: {imag: \"x\"}\n")}},
	}
	type result struct {
		bundles []belay.Bundle
		diags   belay.Diagnostics
	}
	compile := func(i int) result {
		bundles, diags, err := belay.Compile(t.Context(), specs[i%len(specs)], belay.Options{})
		assert.NoError(t, err)
		return result{bundles, diags}
	}
	alone := []result{compile(0), compile(1), compile(2)}
	require.Len(t, alone[0].bundles, 1)
	require.True(t, alone[1].diags.HasErrors())
	var group sync.WaitGroup
	for i := range 24 {
		group.Go(func() { assert.Equal(t, alone[i%len(alone)], compile(i)) })
	}
	group.Wait()
}

// TestCompile_ReadsNothingAfterItReturned cancels a run in the middle of a read.
func TestCompile_ReadsNothingAfterItReturned(t *testing.T) {
	specs := &countingFS{FS: fstest.MapFS{"app.cue": {Data: []byte(pinnedApp)}, "other/app.cue": {Data: []byte(pinnedApp)}}, reading: make(chan struct{})}
	stopped := errors.New("stopped")
	ctx, stop := context.WithCancelCause(t.Context())
	go func() { <-specs.reading; stop(stopped) }()
	specs.hold = func() { <-ctx.Done() }
	_, _, err := belay.Compile(ctx, specs, belay.Options{Paths: []string{"./..."}})
	require.ErrorIs(t, err, stopped)
	specs.mu.Lock()
	defer specs.mu.Unlock()
	assert.Zero(t, specs.open, "no read is going on")
}

// A countingFS counts the reads that are going on, and holds up the first.
type countingFS struct {
	fs.FS
	once    sync.Once
	reading chan struct{}
	hold    func()

	mu   sync.Mutex
	open int
}

func (c *countingFS) ReadFile(name string) ([]byte, error) {
	c.mu.Lock()
	c.open++
	c.mu.Unlock()
	c.once.Do(func() { close(c.reading); c.hold() })
	data, err := fs.ReadFile(c.FS, name)
	c.mu.Lock()
	defer c.mu.Unlock()
	c.open--
	return data, err
}

// A brokenFS panics in one of its methods, or in what that returned.
type brokenFS struct {
	fstest.MapFS
	method string
}

func (b brokenFS) ReadFile(name string) ([]byte, error) {
	b.breakIn("ReadFile")
	return b.MapFS.ReadFile(name)
}

func (b brokenFS) Stat(name string) (fs.FileInfo, error) {
	b.breakIn("Stat")
	info, err := b.MapFS.Stat(name)
	return brokenInfo{info, b}, err
}

func (b brokenFS) ReadDir(name string) ([]fs.DirEntry, error) {
	b.breakIn("ReadDir")
	entries, err := b.MapFS.ReadDir(name)
	for i, e := range entries {
		entries[i] = brokenEntry{e, b}
	}
	return entries, err
}

func (b brokenFS) breakIn(method string) {
	if method == b.method {
		panic("the file system is broken")
	}
}

type brokenInfo struct {
	fs.FileInfo
	fsys brokenFS
}

func (i brokenInfo) Mode() fs.FileMode {
	i.fsys.breakIn("Mode")
	return i.FileInfo.Mode()
}

type brokenEntry struct {
	fs.DirEntry
	fsys brokenFS
}

func (e brokenEntry) Name() string {
	e.fsys.breakIn("Name")
	return e.DirEntry.Name()
}

// TestCompile_PanicsOfTheFileSystem has a file system that panics: the process goes
// on, and the error is about the file system and not about belay.
func TestCompile_PanicsOfTheFileSystem(t *testing.T) {
	for _, method := range []string{"ReadFile", "Stat", "ReadDir", "Mode", "Name"} {
		specs := brokenFS{fstest.MapFS{"app.cue": {Data: []byte(pinnedApp)}, "b.yaml": {Data: []byte("apps: {}\n")}}, method}
		for name, ctx := range map[string]context.Context{"that never ends": context.Background(), "that may end": t.Context()} {
			for _, path := range []string{".", "./...", "b.yaml"} {
				bundles, diags, err := belay.Compile(ctx, specs, belay.Options{Paths: []string{path}})
				if path == "b.yaml" && (method == "ReadDir" || method == "Name") && err != nil && !strings.Contains(err.Error(), "panicked") {
					continue // no directory is listed for a file
				}
				require.ErrorContains(t, err, "belay: the file system given to Compile panicked at ", "%s %s %s", method, name, path)
				assert.ErrorContains(t, err, "the file system is broken\n")
				assert.ErrorContains(t, err, "breakIn", "the stack")
				assert.NotContains(t, err.Error(), "please report it")
				assert.Empty(t, bundles)
				assert.Empty(t, diags)
			}
		}
	}
}

// A brokenContext panics in Compile itself.
type brokenContext struct{ context.Context }

func (brokenContext) Done() <-chan struct{} { panic("broken") }

// TestCompile_ReturnsFaults has a panic below Compile: the process goes on.
func TestCompile_ReturnsFaults(t *testing.T) {
	bundles, diags, err := belay.Compile(brokenContext{t.Context()}, fstest.MapFS{"app.cue": {Data: []byte(pinnedApp)}}, belay.Options{})
	require.ErrorContains(t, err, "please report it: panic: broken\n")
	assert.ErrorContains(t, err, "Done")
	assert.Empty(t, bundles)
	assert.Empty(t, diags)
}

// TestCompile_NoSpecs has paths without any spec: the error names them.
func TestCompile_NoSpecs(t *testing.T) {
	for name, specs := range map[string]fstest.MapFS{
		"nothing":       {},
		"no CUE":        {"a/README.md": {Data: []byte("apps")}},
		"another thing": {"a/a.cue": {Data: []byte("package a\n\nx: 1\n")}},
	} {
		bundles, diags, err := belay.Compile(t.Context(), specs, belay.Options{Paths: []string{"./..."}})
		require.ErrorContains(t, err, "belay: there are no apps in ./...; a spec is", name)
		assert.Empty(t, bundles)
		assert.Empty(t, diags)
	}
}
