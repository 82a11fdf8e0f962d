package compiler

import (
	"slices"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
)

// HasSpec reports whether there is a spec in a directory: a CUE package or a
// YAML or JSON file with a field of a spec, or one that might have it and can't
// be read.
func HasSpec(dir string, opts Options) bool {
	if len(load.SpecFiles(dir, opts.Options)) > 0 {
		return true
	}
	found, over, _ := within(opts.Limits, func(w *watch) (bool, diag.List, error) {
		units, err := load.Find([]string{dir + "/..."}, opts.Options)
		return err == nil && slices.ContainsFunc(units, func(u *load.Unit) bool {
			if u.Dir != dir {
				return false
			}
			defer w.work(u)()
			root, diags := u.Load()
			return root != nil || diags.HasErrors()
		}), nil, nil
	})
	return found || over.HasErrors()
}

// SpecsIn returns the paths of the specs in a directory, relative to the working directory: the directory itself, if
// it has a CUE package, or else its YAML and JSON files that are specs. Where
// there is none it returns the directory, which is then reported.
func SpecsIn(dir string, opts Options) []string {
	files := load.SpecFiles(dir, opts.Options)
	if len(files) == 0 || load.HasPackage(dir, opts.Options) {
		files = []string{dir}
	}
	for i, file := range files {
		files[i] = opts.Rel(file)
	}
	return files
}

// Tags are the names of the @tag attributes in the specs that paths name,
// sorted.
func Tags(paths []string, opts Options) (names []string) {
	units, err := load.Find(paths, opts.Options)
	if err != nil {
		return nil
	}
	for _, u := range units {
		names = append(names, u.Tags()...)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
