package load_test

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
)

func TestNearest(t *testing.T) {
	top := t.TempDir()
	dir := filepath.Join(top, "a", "b", "c")
	require.NoError(t, os.MkdirAll(dir, 0o755))
	for _, file := range []string{"a/mark", "a/b/mark", "outside"} {
		require.NoError(t, os.WriteFile(filepath.Join(top, file), nil, 0o644))
	}
	at := func(names ...string) string { return filepath.Join(append([]string{top}, names...)...) }
	for _, test := range []struct{ name, from, root, mark, want string }{
		{"the nearest of two", at("a", "b", "c"), "", "mark", at("a", "b")},
		{"the directory itself", at("a"), "", "mark", at("a")},
		{"the root is the last that is looked at", at("a", "b", "c"), at("a", "b"), "mark", at("a", "b")},
		{"nothing above the root", at("a", "b", "c"), at("a"), "outside", ""},
		{"without a root up to the top", at("a", "b", "c"), "", "outside", top},
		{"nowhere", at("a", "b", "c"), "", "no-file-has-this-name", ""},
	} {
		t.Run(test.name, func(t *testing.T) {
			assert.Equal(t, test.want, load.Nearest(test.from, test.root, load.Holding(test.mark)))
		})
	}
}

func TestNearestCache_LooksOnce(t *testing.T) {
	looked := map[string]int{}
	c := load.NearestCache{Found: func(dir string) bool { looked[dir]++; return dir == "/a" }}
	for dir, want := range map[string]string{"/a/b/c": "/a", "/a/b/d": "/a", "/a": "/a", "/b/c": "", "/": ""} {
		assert.Equal(t, want, c.Of(dir), dir)
	}
	for dir, times := range looked {
		assert.Equal(t, 1, times, dir)
	}
	assert.Len(t, looked, 7)
}
