package golden_test

import (
	"errors"
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/rendered"
)

// TestCorpus_RenderedFilesAreValid validates the files that fixtures render to, for the
// target of the spec that their headers name, as belay vet does for a directory. A
// platform at URLs is patched by its kustomization.
func TestCorpus_RenderedFilesAreValid(t *testing.T) {
	validated, patched := 0, 0
	for _, f := range fixtures(t) {
		files, _, diags := f.compile(t)
		if diags.HasErrors() || f.Confine != "" {
			continue
		}
		dir := t.TempDir()
		for name, data := range files {
			path := filepath.Join(dir, filepath.FromSlash(name))
			require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
			require.NoError(t, os.WriteFile(path, data, 0o644))
		}
		opts := f.options(t)
		sets, others := rendered.Split([]string{dir}, opts.Options)
		if len(others) > 0 {
			assert.NotContains(t, string(files["kustomization.yaml"]), "resources", "%s: its files are not objects", f.Name)
			continue
		}
		found, err := rendered.Vet(t.Context(), sets, opts)
		if changed := new(rendered.ChangedError); errors.As(err, &changed) {
			patched++
			continue
		}
		require.NoError(t, err, f.Name)
		assert.Empty(t, found, f.Name)
		validated++
	}
	assert.Greater(t, validated, 40)
	assert.Less(t, patched, 5)
}
