package golden_test

import (
	"cmp"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/adapter/argocd"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

var update = flag.Bool("update", false, "rewrite the cases to what the compiler makes of the fixtures now")

const diagnosticsFile = "diagnostics.txt"

// A fixture is a case's input.
type fixture struct {
	golden.Fixture
	repository string // what owners of files are relative to; Dir if empty
}

// fixtures are the cases' inputs.
func fixtures(t *testing.T) (all []fixture) {
	t.Helper()
	found, err := golden.Fixtures("../fixtures")
	require.NoError(t, err)
	require.NotEmpty(t, found)
	for _, f := range found {
		all = append(all, fixture{Fixture: f, repository: f.Dir})
	}
	return all
}

func (f fixture) options(t *testing.T) compiler.Options {
	t.Helper()
	opts := load.Options{CUE: cuelang.Language{}, Dir: f.Dir, Tags: f.Tags, Limits: load.Limits{Objects: f.MaxObjects}}
	if f.Confine != "" {
		root, err := os.OpenRoot(filepath.Join(f.Dir, f.Confine))
		require.NoError(t, err)
		t.Cleanup(func() { root.Close() })
		opts.Root = root
	}
	return compiler.Options{Options: opts, Repository: cmp.Or(f.repository, f.Dir), Replay: f.Replay, Policy: f.Policy}
}

// A compiled fixture is its case.
type compiled struct {
	files  map[string][]byte // by name
	bundle ir.Bundle         // if it is for one target
	diags  diag.List
}

// cases are the fixtures that have been compiled, by all that their cases depend on.
var cases sync.Map

// compile makes the case of a fixture: its files by name, and its bundle if it
// is for one target. Each is compiled once in a process: most tests are about the
// same cases.
func (f fixture) compile(t *testing.T) (map[string][]byte, ir.Bundle, diag.List) {
	t.Helper()
	key := fmt.Sprintf("%+v", f)
	c, ok := cases.Load(key)
	if !ok {
		c, _ = cases.LoadOrStore(key, f.compileAnew(t))
	}
	made := c.(compiled)
	return maps.Clone(made.files), made.bundle, slices.Clone(made.diags)
}

// compileAnew makes the case without a look at what has been compiled.
func (f fixture) compileAnew(t *testing.T) (c compiled) {
	t.Helper()
	opts := f.options(t)
	run, diags, err := compiler.CompileAll(t.Context(), f.Paths, opts)
	require.NoError(t, err)
	if len(run.Bundles) == 1 {
		c.bundle = run.Bundles[0]
	}
	c.files, c.diags = map[string][]byte{}, diags
	if len(diags) > 0 {
		c.files[diagnosticsFile] = diag.Text{Source: opts.Source}.Print(diags)
	}
	if !diags.HasErrors() {
		bundle := render.Bundle
		if f.ArgoCD {
			bundle = argocd.Bundle
		}
		for _, m := range run.Bundles {
			for _, file := range bundle(m, m.Clusters()...) {
				c.files[file.Path] = file.Data
			}
		}
	}
	return c
}

func TestCorpus(t *testing.T) {
	claimed := map[string]bool{}
	for _, f := range fixtures(t) {
		claimed[f.Name] = true
		t.Run(f.Name, func(t *testing.T) {
			files, _, _ := f.compile(t)
			if *update {
				rewrite(t, f.Name, files)
			}
			want := readTree(t, f.Name)
			assert.Equal(t, ir.Sorted(want), ir.Sorted(files), "files of the case")
			for _, name := range ir.Sorted(files) {
				assert.Equal(t, string(want[name]), string(files[name]), name)
			}
		})
	}
	for _, orphan := range orphans(t, claimed) {
		if *update {
			require.NoError(t, os.RemoveAll(orphan))
			continue
		}
		t.Errorf("%s has no fixture", orphan)
	}
}

func TestCorpus_SameBytesAgainAndFromElsewhere(t *testing.T) {
	for _, f := range fixtures(t) {
		t.Run(f.Name, func(t *testing.T) {
			first, _, diags := f.compile(t)
			assert.Equal(t, first, f.compileAnew(t).files)
			if len(diags) > 0 {
				return // diagnostics name files relative to the working directory
			}
			elsewhere := f
			elsewhere.Dir = t.TempDir()
			if strings.HasSuffix(f.Policy, ".yaml") {
				elsewhere.Policy = filepath.Join(f.Dir, f.Policy)
			}
			elsewhere.Paths = nil
			for _, p := range f.Paths {
				elsewhere.Paths = append(elsewhere.Paths, filepath.Join(f.Dir, p))
				if strings.HasSuffix(p, "...") {
					elsewhere.Paths[len(elsewhere.Paths)-1] = filepath.Join(f.Dir, strings.TrimSuffix(p, "...")) + "/..."
				}
			}
			moved, _, _ := elsewhere.compile(t)
			assert.Equal(t, first, moved)
		})
	}
}

// TestCorpus_DiagnosticsPointIntoTheFixture holds each place that a diagnostic
// names to the text that the user wrote: a file of the fixture's, and lines and
// columns that it has.
func TestCorpus_DiagnosticsPointIntoTheFixture(t *testing.T) {
	for _, f := range fixtures(t) {
		_, _, diags := f.compile(t)
		for _, d := range diags {
			within(t, f, d.At, d.Message)
			for _, r := range d.Related {
				within(t, f, r.At, r.Message)
			}
		}
	}
}

// within holds a range to the text of its file; its end may stand behind the
// last character of a line.
func within(t *testing.T, f fixture, at diag.Range, message string) {
	t.Helper()
	text, err := os.ReadFile(filepath.Join(f.Dir, at.File))
	if os.IsNotExist(err) {
		_, err = os.Lstat(filepath.Join(f.Dir, at.File)) // a link to nowhere
	}
	if !assert.NoError(t, err, "%s: %s", f.Name, message) {
		return
	}
	lines := strings.Split(string(text), "\n")
	for _, p := range []diag.Position{at.Start, at.End} {
		if assert.True(t, p.Line >= 1 && p.Line <= len(lines), "%s: %s: %s: line %d", f.Name, at, message, p.Line) {
			assert.True(t, p.Column >= 1 && p.Column <= len(lines[p.Line-1])+1, "%s: %s: %s: column %d", f.Name, at, message, p.Column)
		}
	}
	backwards := at.End.Line < at.Start.Line || at.End.Line == at.Start.Line && at.End.Column < at.Start.Column
	assert.False(t, backwards, "%s: %s: %s: it ends before it begins", f.Name, at, message)
}

// unfired are the codes that take a file of megabytes, or a machine brought to
// its knees, which the hostile inputs of cmd/belay do; those that are about a
// rendered directory, which the scripts of cmd/belay show; and those that are
// about objects and not specs, which the tests of overlay and adapter/krm fire. A
// module that differs from its digest takes a module cache, which load's tests have.
var unfired = []diag.Code{
	diag.ModuleMismatch,
	diag.TooLarge, diag.TimeLimit, diag.MemoryLimit, diag.OutputLimit, diag.MoreMistakes,
	diag.SpecLost, diag.FileConflict,
	diag.LostDigest, diag.LostLabel, diag.LostName, diag.LostReference, diag.LostPolicy, diag.ForeignField, diag.UncompiledObject,
}

func TestCorpus_EveryCodeHasAFixture(t *testing.T) {
	fired := map[diag.Code]bool{}
	for _, f := range fixtures(t) {
		_, _, diags := f.compile(t)
		for _, d := range diags {
			fired[d.Code] = true
		}
	}
	for _, code := range declaredCodes(t) {
		assert.True(t, fired[code] || slices.Contains(unfired, code) || slices.Contains(dialled, code), "no fixture fires %s", code)
	}
}

// TestCorpus_EveryKindHasAFixture requires an object of each kind that apps have.
func TestCorpus_EveryKindHasAFixture(t *testing.T) {
	emitted := map[string]bool{}
	for _, f := range fixtures(t) {
		_, b, _ := f.compile(t)
		for _, o := range b.Objects {
			emitted[o.Kind] = true
		}
	}
	for _, kind := range admission.Kinds() {
		assert.True(t, emitted[kind], "no fixture has a %s", kind)
	}
}

// rewrite makes the files of a case what they should be.
func rewrite(t *testing.T, name string, files map[string][]byte) {
	t.Helper()
	require.NoError(t, os.RemoveAll(name))
	for file, data := range files {
		path := filepath.Join(name, filepath.FromSlash(file))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, data, 0o644))
	}
}

func readTree(t *testing.T, name string) map[string][]byte {
	t.Helper()
	files := map[string][]byte{}
	require.NoError(t, filepath.WalkDir(name, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		rel, err := filepath.Rel(name, path)
		if err == nil {
			files[filepath.ToSlash(rel)], err = os.ReadFile(path)
		}
		return err
	}))
	return files
}

// orphans are the directories with files here that belong to no case.
func orphans(t *testing.T, claimed map[string]bool) (dirs []string) {
	t.Helper()
	require.NoError(t, filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || path == "." {
			return err
		}
		name := filepath.ToSlash(path)
		if d.IsDir() {
			if claimed[name] || name == "testdata" || isGoPackage(path) {
				return fs.SkipDir
			}
			return nil
		}
		if dir := filepath.ToSlash(filepath.Dir(path)); dir != "." && !slices.Contains(dirs, dir) {
			dirs = append(dirs, dir)
		}
		return nil
	}))
	return dirs
}

func isGoPackage(dir string) bool {
	files, _ := filepath.Glob(filepath.Join(dir, "*.go"))
	return len(files) > 0
}
