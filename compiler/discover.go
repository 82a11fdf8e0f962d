package compiler

import (
	"context"
	"slices"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// HasSpec reports whether there is a spec in a directory: a CUE package or a
// YAML or JSON file with a field of a spec, or one that might have it and can't
// be read.
func HasSpec(ctx context.Context, dir string, opts Options) bool {
	found, over, _ := runLimited(ctx, opts.Limits, func(_ context.Context, l *limiter) (bool, diag.List, error) {
		if len(specFiles(dir, opts, l)) > 0 {
			return true, nil, nil
		}
		units, err := load.FindUnits([]string{dir + "/..."}, opts.Options)
		return err == nil && slices.ContainsFunc(units, func(u *load.Unit) bool {
			if u.Dir != dir {
				return false
			}
			defer l.trackUnit(u)()
			root, diags := u.Load()
			return root != nil || diags.HasErrors()
		}), nil, nil
	})
	return found || over.HasErrors()
}

// SpecsIn returns the paths of the specs in a directory, relative to the working
// directory: the directory itself, if it has a CUE package, or else its YAML and
// JSON files that are specs. Where there is none it returns the directory, so
// that compiling it reports that.
func SpecsIn(ctx context.Context, dir string, opts Options) ([]string, diag.List) {
	if load.HasPackage(dir, opts.Options) {
		return []string{opts.DisplayPath(dir)}, nil
	}
	paths, over, _ := runLimited(ctx, opts.Limits, func(_ context.Context, l *limiter) (paths []string, _ diag.List, _ error) {
		for _, u := range specFiles(dir, opts, l) {
			paths = append(paths, u.Path)
		}
		return paths, nil, nil
	})
	if len(paths) == 0 {
		paths = []string{opts.DisplayPath(dir)}
	}
	return paths, over
}

// specFiles are the YAML and JSON files of a directory that are specs.
func specFiles(dir string, opts Options, l *limiter) []*load.Unit {
	return slices.DeleteFunc(load.DataFiles(dir, opts.Options), func(u *load.Unit) bool {
		defer l.trackUnit(u)()
		return !u.IsSpec()
	})
}

// Tags are the names of the @tag attributes in the specs that paths name,
// sorted.
func Tags(paths []string, opts Options) (names []string) {
	units, err := load.FindUnits(paths, opts.Options)
	if err != nil {
		return nil
	}
	for _, u := range units {
		for _, t := range u.Tags() {
			names = append(names, t.Name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}
