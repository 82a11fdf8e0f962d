package load

import (
	"os"
	"path/filepath"
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
