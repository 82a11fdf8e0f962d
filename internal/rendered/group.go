package rendered

import (
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A group is the files of objects that are applied together: those of the nearest
// kustomization, or of the path that the user named.
type group struct {
	dir   string // absolute
	files []*load.Unit
}

// groups returns the groups of a set, sorted by directory. The bundle of another
// target, or for the other cluster, has a kustomization of its own.
func groups(set *load.ObjectSet) (out []group) {
	dirs := []string{set.Dir}
	for _, path := range set.Kustomizations {
		dirs = append(dirs, filepath.Dir(path))
	}
	slices.Sort(dirs)
	dirs = slices.Compact(dirs)
	for _, dir := range dirs {
		g := group{dir: dir}
		for _, u := range set.Files {
			if nearest(u.Dir, dirs) == dir {
				g.files = append(g.files, u)
			}
		}
		if len(g.files) > 0 {
			out = append(out, g)
		}
	}
	return out
}

// nearest returns the longest of some directories that is dir or above it.
func nearest(dir string, dirs []string) (longest string) {
	for _, d := range dirs {
		if within(dir, d) && len(d) > len(longest) {
			longest = d
		}
	}
	return longest
}

// within reports whether a path is that of a directory, or below it.
func within(path, dir string) bool {
	separator := string(filepath.Separator)
	return path == dir || strings.HasPrefix(path, strings.TrimSuffix(dir, separator)+separator)
}

// read returns the objects in the files of a group.
func (g group) read() (objects []*ir.Node, diags diag.List) {
	for _, u := range g.files {
		found, more := u.Objects()
		objects = append(objects, found...)
		diags.Add(more...)
	}
	return objects, diags
}
