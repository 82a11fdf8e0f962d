package load

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestUnit_Size(t *testing.T) {
	top := t.TempDir()
	for name, text := range map[string]string{
		"base.cue": "package p\n" + strings.Repeat("// shared\n", 50),
		"a/a.cue":  "package p\n", "a/b.cue": "package p\n\nx: 1\n", "a/a_test.cue": "package p\n", "a/README": "text",
		"spec.yaml": "apps: {}\n", "large.yaml": strings.Repeat("#", 2000),
	} {
		path := filepath.Join(top, name)
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	require.NoError(t, os.Symlink("/dev/zero", filepath.Join(top, "zero.yaml")))
	opts := Options{Dir: top, Limits: Limits{Input: 1000}, Files: map[string][]byte{filepath.Join(top, "memory.yaml"): []byte("apps: {}")},
		Stdin: func(int64) ([]byte, error) { return []byte("apps: web: image: \"x\"\n"), nil }}
	for path, want := range map[string]int64{
		"a": 26, "spec.yaml": 9, "memory.yaml": 8, "large.yaml": 0, "zero.yaml": 0, Stdin: 22,
	} {
		units, err := FindUnits([]string{path}, opts)
		require.NoError(t, err)
		require.Len(t, units, 1)
		assert.Equal(t, want, units[0].Size(), path)
	}
}
