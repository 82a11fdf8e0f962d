package load

import (
	"path/filepath"
	"slices"
	"strings"
)

// Changed returns the paths to compile for files that changed: the packages
// that they are in. It is every package below the working directory where a
// file may have a part in others: one of a package that is no spec, or that
// lies above others, or of no package, or that is gone.
func Changed(files []string, opts Options) []string {
	all := []string{"./..."}
	if len(files) == 0 {
		return all
	}
	opts.shared = newShared(opts)
	var paths []string
	for _, file := range files {
		abs := opts.Abs(file)
		u := newPackage(filepath.Dir(abs), opts)
		if !isPackageFile(filepath.Base(abs)) || !u.Has(filepath.Base(abs)) {
			return all
		}
		if slices.Contains(paths, u.Path) {
			continue
		}
		if opts.CUE == nil || !opts.CUE.DeclaresSpec(u) || u.hasPackagesBelow() {
			return all
		}
		paths = append(paths, u.Path)
	}
	return paths
}

// hasPackagesBelow reports whether there are CUE packages in directories below
// the unit's, which may take part of theirs from it.
func (u *Unit) hasPackagesBelow() bool {
	return slices.ContainsFunc(u.list().subdirs, func(name string) bool {
		if name == "cue.mod" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
			return false
		}
		below, err := findBelow(filepath.Join(u.Dir, name), u.Options)
		return err != nil || len(below) > 0
	})
}
