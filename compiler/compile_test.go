package compiler

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

const spec = `apps: web: image: "registry.example.com/web:v1"`

// TestLocks_Path looks for locks of a spec in a/b, in trees with different
// files.
func TestLocks_Path(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		want  string
	}{
		"beside the spec":                  {map[string]string{"a/b/belay.lock": "", "a/belay.lock": ""}, "a/b/belay.lock"},
		"the nearest above":                {map[string]string{"a/belay.lock": "", "belay.lock": ""}, "a/belay.lock"},
		"none: beside the spec":            {nil, "a/b/belay.lock"},
		"none: at the root of the module":  {map[string]string{"a/cue.mod/module.cue": ""}, "a/belay.lock"},
		"above the root of the module":     {map[string]string{"a/cue.mod/module.cue": "", "belay.lock": ""}, "belay.lock"},
		"in a module in a module":          {map[string]string{"a/b/cue.mod/module.cue": "", "a/belay.lock": ""}, "a/belay.lock"},
		"none: at the root of Git":         {map[string]string{".git/HEAD": ""}, "belay.lock"},
		"none: the module before Git":      {map[string]string{".git/HEAD": "", "a/cue.mod/module.cue": ""}, "a/belay.lock"},
		"not above the root of Git":        {map[string]string{"a/.git/HEAD": "", "belay.lock": ""}, "a/belay.lock"},
		"a worktree, whose .git is a file": {map[string]string{"a/.git": "", "belay.lock": ""}, "a/belay.lock"},
	} {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			golden.Write(t, dir, map[string]string{"a/b/app.cue": spec})
			golden.Write(t, dir, c.files)
			opts := Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}}
			units, err := load.FindUnits([]string{"a/b"}, opts.Options)
			require.NoError(t, err)
			assert.Equal(t, filepath.Join(dir, c.want), newLocks(opts, nil, nil).path(units[0]))
		})
	}
}

// TestLocks_Home has where a lock is made for specs in no module and in no
// repository: once for all of a run.
func TestLocks_Home(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{"apps/a/app.cue": spec, "apps/b/app.cue": spec, "apps/ab/app.yaml": "apps: {}"})
	opts := Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}}
	for name, c := range map[string]struct {
		paths []string
		want  string
	}{
		"all below":              {[]string{"./..."}, "belay.lock"},
		"all below a directory":  {[]string{"apps/..."}, "apps/belay.lock"},
		"two of a directory":     {[]string{"apps/a", "apps/b"}, "apps/belay.lock"},
		"names that begin alike": {[]string{"apps/a", "apps/ab/app.yaml"}, "apps/belay.lock"},
		"one":                    {[]string{"apps/a"}, "apps/a/belay.lock"},
	} {
		t.Run(name, func(t *testing.T) {
			units, err := load.FindUnits(c.paths, opts.Options)
			require.NoError(t, err)
			l := newLocks(opts, c.paths, units)
			for _, u := range units {
				assert.Equal(t, filepath.Join(dir, c.want), l.path(u))
			}
		})
	}
}

func TestCompile_LockInMemory(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{"app.cue": spec})
	lock := pin.NewLock()
	lock.Images["registry.example.com/web:v1"] = pin.Entry{Digest: "sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"}
	m, diags, err := Compile(t.Context(), []string{"."}, Options{
		Options: load.Options{CUE: cuelang.Language{}, Dir: dir},
		Locks:   map[string]*pin.Lock{filepath.Join(dir, pin.LockName): lock},
	})
	require.NoError(t, err)
	assert.Empty(t, diags)
	assert.Len(t, m.Objects, 1)
}

// TestCompile_OneAppsMistakeHidesNoOthers has a mistake of every stage in an
// app of its own.
func TestCompile_OneAppsMistakeHidesNoOthers(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{"app.cue": `
apps: {
	evaluated: image: 1 & 2
	shaped: {image: "example/a:v1", prot: 80}
	ruled: {image: "example/a:v1", port: 8012}
	refused: {image: "example/a:v1", annotations: "queue.sidecar.serving.knative.dev/cpu-resource-request": "lots"}
}`})
	_, diags, err := Compile(t.Context(), []string{"."}, Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}, MissingPins: diag.Warning})
	require.NoError(t, err)
	var codes []diag.Code
	for _, d := range diags {
		if d.Severity == diag.Error {
			codes = append(codes, d.Code)
		}
	}
	assert.Equal(t, []diag.Code{diag.ConflictingValues, diag.UnknownField, diag.ReservedPort, diag.RejectedByAdmission}, codes)
}

// compileBytes compiles one file that is not on disk, without its pins.
func compileBytes(t *testing.T, name string, data []byte) (ir.Bundle, diag.List) {
	t.Helper()
	path := filepath.Join("/nowhere", name)
	m, diags, err := Compile(t.Context(), []string{path}, Options{
		Options:     load.Options{CUE: cuelang.Language{}, Dir: "/nowhere", Files: map[string][]byte{path: data}},
		MissingPins: diag.Warning,
	})
	require.NoError(t, err)
	return m, diags
}

// FuzzCompile takes bytes through all stages: no panic, every diagnostic at a
// place, the same twice.
func FuzzCompile(f *testing.F) {
	golden.Seeds(f, "../fixtures", func(name string, data []byte) { f.Add(name, data) })
	f.Fuzz(func(t *testing.T, name string, data []byte) {
		if name != "app.cue" && name != "app.yaml" && name != "app.json" || len(data) > 1<<15 {
			return
		}
		m, diags := compileBytes(t, name, data)
		again, diagsAgain := compileBytes(t, name, data)
		assert.Equal(t, m, again)
		assert.Equal(t, diags, diagsAgain)
		for _, d := range diags {
			assert.Positive(t, d.At.Start.Line, d.Message)
			assert.Positive(t, d.At.Start.Column, d.Message)
			assert.Equal(t, name, d.At.File, d.Message)
		}
	})
}

// FuzzLock reads bytes as a lock. What is read is written so that it is read
// as the same.
func FuzzLock(f *testing.F) {
	files, err := filepath.Glob("../fixtures/*/belay.lock")
	require.NoError(f, err)
	more, err := filepath.Glob("../fixtures/bad/*/belay.lock")
	require.NoError(f, err)
	for _, name := range append(files, more...) {
		data, err := os.ReadFile(name)
		require.NoError(f, err)
		f.Add(data)
	}
	read := func(data []byte) (*pin.Lock, diag.List) {
		return ReadLock("/nowhere/belay.lock", load.Options{CUE: cuelang.Language{}, Dir: "/nowhere", Files: map[string][]byte{"/nowhere/belay.lock": data}})
	}
	f.Fuzz(func(t *testing.T, data []byte) {
		lock, diags := read(data)
		if diags.HasErrors() {
			return
		}
		encoded := lock.Encode()
		again, diags := read(encoded)
		require.Empty(t, diags, "%s", encoded)
		assert.Equal(t, lock, again)
		assert.Equal(t, string(encoded), string(again.Encode()))
	})
}
