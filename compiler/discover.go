package compiler

import (
	"slices"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
)

// HasSpec reports whether there is a spec in a directory: a CUE package with a
// field of a spec, or one that might have it and can't be read.
func HasSpec(dir string, opts Options) bool {
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
