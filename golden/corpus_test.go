package golden_test

import (
	"flag"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/render"
)

var update = flag.Bool("update", false, "rewrite the cases to what the compiler makes of the fixtures now")

const diagnosticsFile = "diagnostics.txt"

// A fixture is a case's input.
type fixture struct {
	name  string // below fixtures, with slashes
	dir   string // absolute
	paths []string
	tags  []string
}

// fixtures lists the directories under fixtures that are cases: those with a
// spec of their own, or with a file ARGS that says how to compile them.
func fixtures(t *testing.T) []fixture {
	t.Helper()
	root, err := filepath.Abs("../fixtures")
	require.NoError(t, err)
	var all []fixture
	require.NoError(t, filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.IsDir() || path == root {
			return err
		}
		args, readErr := os.ReadFile(filepath.Join(path, "ARGS"))
		specs, _ := filepath.Glob(filepath.Join(path, "*.cue"))
		if readErr != nil && len(specs) == 0 {
			return nil
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		f := fixture{name: filepath.ToSlash(rel), dir: path, paths: []string{"."}}
		if readErr == nil {
			f.arguments(string(args))
		}
		all = append(all, f)
		return fs.SkipDir
	}))
	require.NotEmpty(t, all)
	return all
}

// arguments reads a command line: paths, and tags after -t.
func (f *fixture) arguments(line string) {
	f.paths = nil
	words := strings.Fields(line)
	for i := 0; i < len(words); i++ {
		if words[i] == "-t" {
			i++
			f.tags = append(f.tags, words[i])
			continue
		}
		f.paths = append(f.paths, words[i])
	}
}

func (f fixture) options() compiler.Options {
	return compiler.Options{Options: load.Options{Dir: f.dir, Tags: f.tags}, Target: check.Target{}}
}

// compile makes the case of a fixture: its files by name.
func (f fixture) compile(t *testing.T) (map[string][]byte, ir.Manifest, diag.List) {
	t.Helper()
	opts := f.options()
	m, diags, err := compiler.Compile(f.paths, opts)
	require.NoError(t, err)
	files := map[string][]byte{}
	if len(diags) > 0 {
		files[diagnosticsFile] = diag.Text{Source: opts.Source}.Print(diags)
	}
	if !diags.HasErrors() {
		sides := []render.Side{render.Whole}
		if m.Separate {
			sides = []render.Side{render.Dataplane, render.Mesh}
		}
		for _, file := range render.Bundle(m, sides...) {
			files[file.Path] = file.Data
		}
	}
	return files, m, diags
}

func TestCorpus(t *testing.T) {
	claimed := map[string]bool{}
	for _, f := range fixtures(t) {
		claimed[f.name] = true
		t.Run(f.name, func(t *testing.T) {
			files, _, _ := f.compile(t)
			if *update {
				rewrite(t, f.name, files)
			}
			want := readTree(t, f.name)
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
		t.Run(f.name, func(t *testing.T) {
			first, _, diags := f.compile(t)
			again, _, _ := f.compile(t)
			assert.Equal(t, first, again)
			if len(diags) > 0 {
				return // diagnostics name files relative to the working directory
			}
			elsewhere := f
			elsewhere.dir = t.TempDir()
			elsewhere.paths = nil
			for _, p := range f.paths {
				elsewhere.paths = append(elsewhere.paths, filepath.Join(f.dir, p))
				if strings.HasSuffix(p, "...") {
					elsewhere.paths[len(elsewhere.paths)-1] = filepath.Join(f.dir, strings.TrimSuffix(p, "...")) + "/..."
				}
			}
			moved, _, _ := elsewhere.compile(t)
			assert.Equal(t, first, moved)
		})
	}
}

func TestCorpus_DiagnosticsPointIntoTheFixture(t *testing.T) {
	for _, f := range fixtures(t) {
		_, _, diags := f.compile(t)
		for _, d := range diags {
			assert.Positive(t, d.At.Start.Line, "%s: %s", f.name, d.Message)
			assert.Positive(t, d.At.Start.Column, "%s: %s", f.name, d.Message)
			assert.FileExists(t, filepath.Join(f.dir, d.At.File), "%s: %s", f.name, d.Message)
			for _, r := range d.Related {
				assert.FileExists(t, filepath.Join(f.dir, r.At.File), "%s: %s", f.name, r.Message)
			}
		}
	}
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
		assert.True(t, fired[code], "no fixture fires %s", code)
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
			if claimed[name] {
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
