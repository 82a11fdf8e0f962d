package frontend

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestRepository(t *testing.T) {
	for _, test := range []struct {
		name  string
		marks []string // files below the directory that is tried
		want  string
	}{
		{"nothing", nil, "a/b/c"},
		{"the repository, from below", []string{"a/.git"}, "a"},
		{"the nearest of two", []string{".git", "a/b/.git"}, "a/b"},
		{"the directory itself", []string{".git", "a/b/c/.git"}, "a/b/c"},
		{"the repository before a module in it", []string{"a/.git", "a/b/cue.mod"}, "a"},
		{"the module before a lock in it", []string{"a/cue.mod", "a/b/c/belay.lock"}, "a"},
		{"the lock, if there is nothing else", []string{"a/b/belay.lock"}, "a/b"},
	} {
		t.Run(test.name, func(t *testing.T) {
			top := t.TempDir()
			dir := filepath.Join(top, "a", "b", "c")
			require.NoError(t, os.MkdirAll(dir, 0o755))
			for _, mark := range test.marks {
				require.NoError(t, os.WriteFile(filepath.Join(top, mark), nil, 0o644))
			}
			assert.Equal(t, filepath.Join(top, test.want), Repository(dir))
		})
	}
}
