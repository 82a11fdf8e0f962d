package frontend

import (
	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
)

// Repository returns the directory that a host's run is confined to, unless the
// host names another: from dir up, the root of a Git repository, or else of a CUE
// module, or else the directory of a lock; or dir itself.
func Repository(dir string) string {
	root, _ := FindRepository(dir)
	return root
}

// FindRepository is Repository. It also reports whether anything marks the
// directory as a repository.
func FindRepository(dir string) (root string, marked bool) {
	for _, mark := range compiler.RepositoryMarks {
		if root := load.Nearest(dir, "", load.Holding(mark)); root != "" {
			return root, true
		}
	}
	return dir, false
}
