package golden_test

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/fstest"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay"
	"github.com/belay-sh/belay/internal/diag"
)

// TestCorpus_ThroughTheAPI compiles each case through package belay: out of its
// directory, out of a root that no link leads out of, and out of memory. Files
// and diagnostics are those of the command.
func TestCorpus_ThroughTheAPI(t *testing.T) {
	compiled := 0
	for _, f := range fixtures(t) {
		if f.Confine != "" || f.Replay || f.ArgoCD || f.MaxObjects > 0 || leavesItsDirectory(f.Paths) {
			continue // flags that the API does not have
		}
		compiled++
		t.Run(f.Name, func(t *testing.T) {
			wantFiles, _, wantDiags := f.compile(t)
			delete(wantFiles, diagnosticsFile)
			root, err := os.OpenRoot(f.Dir)
			require.NoError(t, err)
			defer root.Close()
			opts := belay.Options{Paths: f.Paths, Tags: f.Tags, Policy: f.Policy}
			if data, err := os.ReadFile(filepath.Join(f.Dir, f.Policy)); err == nil {
				opts.PolicyFile = data
			}
			trees := map[string]fs.FS{"root": root.FS()}
			if !testing.Short() {
				trees["directory"] = os.DirFS(f.Dir)
			}
			if memory := memoryOf(t, f.Dir); memory != nil {
				trees["memory"] = memory
			}
			for name, fsys := range trees {
				bundles, diags, err := belay.Compile(t.Context(), fsys, opts)
				require.NoError(t, err, name)
				files := map[string][]byte{}
				for _, b := range bundles {
					for _, file := range b.Files() {
						files[file.Path] = file.Data
					}
				}
				assert.Equal(t, wantFiles, files, name)
				assert.Equal(t, lines(wantDiags), apiLines(diags), name)
			}
		})
	}
	assert.Greater(t, compiled, 100)
}

// leavesItsDirectory reports whether a case is of paths that a file system does
// not have.
func leavesItsDirectory(paths []string) bool {
	for _, path := range paths {
		if path == "-" || !filepath.IsLocal(path) {
			return true
		}
	}
	return false
}

// memoryOf copies the files of a directory. What links lead to is copied, not the
// link. It returns nil for a directory with a link to nothing.
func memoryOf(t *testing.T, dir string) fstest.MapFS {
	t.Helper()
	files := fstest.MapFS{}
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		data, err := os.ReadFile(path)
		if errors.Is(err, fs.ErrNotExist) {
			files = nil
			return fs.SkipAll
		}
		if err != nil {
			return nil // a link to a directory
		}
		name, err := filepath.Rel(dir, path)
		files[filepath.ToSlash(name)] = &fstest.MapFile{Data: data}
		return err
	})
	require.NoError(t, err)
	return files
}

func lines(diags diag.List) (lines []string) {
	for _, d := range diags {
		lines = append(lines, strings.Join([]string{d.At.String(), string(d.Code), string(d.Severity), d.Message, d.Hint}, " "))
	}
	return lines
}

// apiLines are lines of what the API returns, without what the corpus is compiled
// without.
func apiLines(diags belay.Diagnostics) (lines []string) {
	for _, d := range diags {
		if d.Code != string(diag.TargetUnset) {
			at := diag.Range{File: d.Range.File, Start: diag.Position(d.Range.Start)}
			lines = append(lines, strings.Join([]string{at.String(), d.Code, string(d.Severity), d.Message, d.Hint}, " "))
		}
	}
	return lines
}
