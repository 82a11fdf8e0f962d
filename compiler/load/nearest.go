package load

import (
	"os"
	"path/filepath"
	"sync"
)

// Nearest returns the first directory, from dir up to root, for which found
// returns true, and "" if there is none. With root "" it looks up to the root of
// the file system.
func Nearest(dir, root string, found func(dir string) bool) string {
	for {
		if found(dir) {
			return dir
		}
		parent := filepath.Dir(dir)
		if dir == root || dir == parent {
			return ""
		}
		dir = parent
	}
}

// Holding returns a function for Nearest that reports whether a directory has an
// entry of a name.
func Holding(name string) func(dir string) bool {
	return func(dir string) bool {
		_, err := os.Lstat(filepath.Join(dir, name))
		return err == nil
	}
}

// A NearestCache is Nearest, up to the root of the file system, for directories
// that have those above them in common: each directory is looked at once.
type NearestCache struct {
	Found func(dir string) bool
	known sync.Map // what Of returns, by directory
}

// Of returns the nearest directory for dir, or "".
func (c *NearestCache) Of(dir string) (nearest string) {
	if known, ok := c.known.Load(dir); ok {
		return known.(string)
	}
	switch {
	case c.Found(dir):
		nearest = dir
	case dir != filepath.Dir(dir):
		nearest = c.Of(filepath.Dir(dir))
	}
	c.known.Store(dir, nearest)
	return nearest
}
