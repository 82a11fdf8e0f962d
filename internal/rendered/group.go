package rendered

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
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
		within := dir == d || strings.HasPrefix(dir, strings.TrimSuffix(d, string(filepath.Separator))+string(filepath.Separator))
		if within && len(d) > len(longest) {
			longest = d
		}
	}
	return longest
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

// A ChangedError is the error of a directory whose kustomization changes the
// objects in its files, so that these are not what is applied.
type ChangedError struct {
	File  string // the kustomization, as messages name it
	Field string // the first field that changes objects
	Dir   string // its directory
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has the field %s, which changes the objects in the files; run: kustomize build %s | belay vet -", e.File, e.Field, e.Dir)
}

// keepingFields are the fields of a kustomization that leave the objects in its
// files as they are.
var keepingFields = []string{"apiVersion", "kind", "metadata", "resources", "bases", "configurations", "crds", "openapi", "sortOptions"}

// checkKustomizations returns an error for the first kustomization of a set that
// changes objects.
func checkKustomizations(set *load.ObjectSet, opts compiler.Options) error {
	for _, path := range set.Kustomizations {
		root, _ := load.YAML(path, opts.Options) // kustomize reports what is wrong with it
		for _, f := range root.Fields() {
			if !slices.Contains(keepingFields, f.Name) {
				return &ChangedError{opts.DisplayPath(path), f.Name, opts.DisplayPath(filepath.Dir(path))}
			}
		}
	}
	return nil
}
