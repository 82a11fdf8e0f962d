// Package rendered validates files of Kubernetes objects: a rendered directory, one
// that was edited since, or what kustomize prints. It finds the objects, chooses the
// target that they are for, and reports what package overlay finds in them at lines
// of the files.
package rendered

import (
	"context"
	"math"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/overlay"
)

// Split separates the paths that name objects from those that name specs.
func Split(paths []string, opts load.Options) (sets []*load.ObjectSet, specs []string) {
	for _, path := range paths {
		if set := load.FindObjects(path, opts); set != nil {
			sets = append(sets, set)
		} else {
			specs = append(specs, path)
		}
	}
	return sets, specs
}

// Found is what paths name.
type Found struct {
	Sets  []*load.ObjectSet // of objects
	Specs []string          // the paths of specs
}

// Find is Split within the limits of a run, at the first path.
func Find(ctx context.Context, paths []string, opts compiler.Options) (Found, diag.List, error) {
	start := diag.Position{Line: 1, Column: 1}
	at := diag.Range{Start: start, End: start}
	if len(paths) > 0 {
		at.File = paths[0]
	}
	const size = math.MaxInt64 // it is not known before the files have been found
	return compiler.WithinLimits(ctx, opts.Limits, at, size, func(context.Context, func(int)) (Found, diag.List, error) {
		sets, specs := Split(paths, opts.Options)
		return Found{sets, specs}, nil, nil
	})
}

// Vet reports what is wrong with objects, within the limits of a run. The error is a ChangedError or an
// UnreadError for a directory whose kustomization makes other objects than those in
// its files.
func Vet(ctx context.Context, sets []*load.ObjectSet, opts compiler.Options) (diag.List, error) {
	var at diag.Range
	var size int64
	for _, set := range sets {
		for _, u := range set.Files {
			if size += u.Size(); at.IsZero() {
				at = u.Start()
			}
		}
	}
	_, diags, err := compiler.WithinLimits(ctx, opts.Limits, at, size, func(ctx context.Context, addObjects func(int)) (struct{}, diag.List, error) {
		diags, err := vetSets(ctx, sets, opts, addObjects)
		return struct{}{}, diags, err
	})
	return diags, err
}

// vetSets is Vet without limits. It calls addObjects with the number of objects that
// it has read of each group.
func vetSets(ctx context.Context, sets []*load.ObjectSet, opts compiler.Options, addObjects func(int)) (diags diag.List, err error) {
	for _, set := range sets {
		found, err := checkKustomizations(set, opts)
		if err != nil {
			return nil, err
		}
		diags.Add(found...)
	}
	for _, set := range sets {
		diags.Add(set.Unread...)
		for _, g := range groups(set) {
			diags.Add(g.vet(ctx, opts, addObjects)...)
		}
	}
	return diags.Sorted(), nil
}

// vet reports what is wrong with the objects of a group.
func (g group) vet(ctx context.Context, opts compiler.Options, addObjects func(int)) diag.List {
	objects, diags := g.read()
	addObjects(len(objects))
	if diags.HasErrors() {
		return diags
	}
	if limit := opts.Limits.Objects; limit > 0 && len(objects) > limit {
		return append(diags, g.errorf(diag.TooManyObjects, "there are more than %d objects in %s", limit, opts.DisplayPath(g.dir)))
	}
	target, more := g.target(ctx, opts)
	diags.Add(more...)
	if diags.HasErrors() {
		return diags
	}
	nodes, sources := convertAll(objects)
	findings, err := overlay.Vet(nodes, target.Target)
	if err != nil {
		return append(diags, g.errorf(diag.InvalidSetting, "%v", err))
	}
	if !target.hasSettings {
		findings = warnOfSettings(findings, nodes, target.Target)
	}
	for _, f := range append(findings, overlay.Duplicates(nodes)...) {
		diags.Add(withFirst(diagnostic(f, sources[f.Object]), sources[f.First]))
	}
	return diags
}
