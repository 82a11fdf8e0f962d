package compiler

import (
	"cmp"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

// owners names the specs of a run as the headers of rendered files do: by their
// paths in the repository, so that a file is the same wherever the repository
// lies and wherever belay runs.
type owners struct {
	opts  Options
	paths []string // of the run

	above   []*load.NearestCache // by the index of RepositoryMarks
	roots   []string             // of the repositories of the run
	outside bool                 // the specs are of several trees without .git: paths are relative to the working directory
}

// RepositoryMarks are what the root of a repository has, the surest first.
var RepositoryMarks = []string{".git", "cue.mod", pin.LockName}

// newOwners finds the repositories of the units of a run.
func newOwners(opts Options, paths []string, units []*load.Unit) *owners {
	o := &owners{opts: opts, paths: paths}
	if opts.Repository != "" {
		o.roots = []string{opts.Repository}
		return o
	}
	for _, name := range RepositoryMarks {
		o.above = append(o.above, &load.NearestCache{Found: func(dir string) bool { return opts.Exists(filepath.Join(dir, name)) }})
	}
	versioned := true
	for _, u := range units {
		root, git := o.root(u)
		versioned = versioned && git
		if !slices.Contains(o.roots, root) {
			o.roots = append(o.roots, root)
		}
	}
	if len(o.roots) > 1 && !versioned || len(o.roots) == 0 {
		o.outside, o.roots = true, []string{opts.Dir}
	}
	return o
}

// of returns the owner of what a unit emits, with the tags that the unit uses. The
// unit has been loaded.
func (o *owners) of(u *load.Unit) bundle.Owner {
	return bundle.Owner{Path: o.path(u), Tags: u.TakenTags(), Namespace: o.opts.Namespace}
}

// path returns the path of a unit in its repository.
func (o *owners) path(u *load.Unit) string {
	if u.File == load.Stdin {
		return load.Stdin
	}
	root := o.roots[0]
	if o.opts.Repository == "" && !o.outside {
		root, _ = o.root(u)
	}
	rel, err := filepath.Rel(root, cmp.Or(u.File, u.Dir))
	if err != nil {
		return u.Path
	}
	path := filepath.ToSlash(rel)
	if u.Package != "" {
		path += ":" + u.Package
	}
	return path
}

// root returns the root of the repository that a unit is in: the nearest directory
// at or above it with .git, or else with cue.mod, or else with a lock, or else
// the working directory.
func (o *owners) root(u *load.Unit) (root string, git bool) {
	for i, name := range RepositoryMarks {
		if u.Has(name) {
			return u.Dir, i == 0
		}
		if root := o.above[i].Of(filepath.Dir(u.Dir)); root != "" {
			return root, i == 0
		}
	}
	return o.opts.Dir, false
}

// coverage is what the run can say about the owners of files.
func (o *owners) coverage(units []compiledUnit) bundle.Coverage {
	c := bundle.Coverage{
		Compiled: map[string]bundle.Owner{}, Tags: o.opts.Tags, Namespace: o.opts.Namespace,
		Lost:   map[string]diag.Range{},
		Exists: o.exists, Covers: o.covers,
		Apps: len(o.opts.Apps) > 0,
	}
	for _, unit := range units {
		switch {
		case unit.emits:
			c.Compiled[unit.owner.Path] = unit.owner
		case unit.lost:
			c.Lost[unit.owner.Path] = unit.start
		}
	}
	return c
}

// exists reports whether there is something at the path of an owner that can be
// a spec.
func (o *owners) exists(path string) bool {
	return path == load.Stdin || slices.ContainsFunc(o.roots, func(root string) bool {
		abs := filepath.Join(root, filepath.FromSlash(path))
		dir, _, _ := strings.Cut(abs, ":")
		return o.opts.HasInput(abs) || o.opts.HasInput(dir)
	})
}

// covers reports whether a path of the run includes the path of an owner.
func (o *owners) covers(path string) bool {
	return path != load.Stdin && slices.ContainsFunc(o.roots, func(root string) bool {
		abs := filepath.Join(root, filepath.FromSlash(path))
		return slices.ContainsFunc(o.paths, func(p string) bool {
			if dir, ok := o.opts.Below(p); ok {
				return abs == dir || strings.HasPrefix(abs, strings.TrimSuffix(dir, "/")+"/")
			}
			return abs == o.opts.Abs(p)
		})
	})
}

// FindOwner returns the absolute path of the spec that a rendered file in a
// directory names as its owner. It reports false if there is no such spec.
func FindOwner(path, dir string, opts Options) (abs string, ok bool) {
	rendered := &load.Unit{Dir: dir, File: filepath.Join(dir, "kustomization.yaml"), Options: opts.Options}
	o := newOwners(opts, nil, []*load.Unit{rendered})
	return filepath.Join(o.roots[0], filepath.FromSlash(path)), path != load.Stdin && o.exists(path)
}
