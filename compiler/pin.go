package compiler

import (
	"context"
	"path/filepath"
	"slices"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/pin"
)

// A Relock is what "belay pin" makes of a lock.
type Relock struct {
	Path string // absolute
	Old  *pin.Lock
	New  *pin.Lock
}

// Relocks resolves the images of the specs that paths name, and computes the
// locks that have them all. A pin that is there is kept, unless update chooses
// the reference. The last error is a failure of a registry or of a path; there
// are no locks then, nor with errors in the list.
func Relocks(ctx context.Context, paths []string, opts Options, r pin.Resolver, update func(ref string) bool) ([]Relock, diag.List, error) {
	specs, diags, err := Check(paths, opts)
	if err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	locks, more := plan(specs, paths, opts)
	diags.Add(more...)
	if diags.HasErrors() {
		return nil, diags, nil
	}
	if err := resolve(ctx, locks, r, update); err != nil {
		return nil, diags, err
	}
	return record(paths, opts, locks)
}

// plannedLock is a lock with what the specs need of it.
type plannedLock struct {
	Relock
	needs []string // references without a digest, sorted, each once
	whole bool     // the run covers all specs that use the lock
}

func plan(specs []Checked, paths []string, opts Options) (locks []*plannedLock, diags diag.List) {
	byPath := map[string]*plannedLock{}
	for _, spec := range specs {
		l := byPath[spec.Lock]
		if l == nil {
			old, more := ReadLock(spec.Lock, opts.Options)
			diags.Add(more...)
			l = &plannedLock{Relock: Relock{Path: spec.Lock, Old: old}}
			byPath[spec.Lock] = l
			locks = append(locks, l)
		}
		for _, image := range pin.Images(spec.Checked) {
			digested, err := pin.HasDigest(image.Ref)
			if err != nil {
				diags.Add(image.Node.Errorf(diag.InvalidImage, "%q is no image reference: %v", image.Ref, err))
			} else if !digested {
				l.needs = append(l.needs, image.Ref)
			}
		}
	}
	for _, l := range locks {
		slices.Sort(l.needs)
		l.needs = slices.Compact(l.needs)
		l.whole = coversLock(l.Path, paths, opts)
	}
	return locks, diags.Sorted()
}

// coversLock reports whether a run has all packages that a lock serves, so
// that what they do not need can be dropped from it.
func coversLock(lock string, paths []string, opts Options) bool {
	if len(opts.Apps) > 0 || opts.LockFile != "" {
		return false
	}
	run, err := load.Find(paths, opts.Options)
	if err != nil {
		return false
	}
	below, err := load.Find([]string{filepath.Join(filepath.Dir(lock), "...")}, opts.Options)
	return err == nil && len(below) > 0 && !slices.ContainsFunc(below, func(b *load.Unit) bool {
		return !slices.ContainsFunc(run, func(u *load.Unit) bool { return u.Path == b.Path })
	})
}

func resolve(ctx context.Context, locks []*plannedLock, r pin.Resolver, update func(string) bool) error {
	var refs []string
	for _, l := range locks {
		for _, ref := range l.needs {
			if _, pinned := l.Old.Images[ref]; !pinned || update(ref) {
				refs = append(refs, ref)
			}
		}
	}
	slices.Sort(refs)
	found, err := pin.Resolve(ctx, r, slices.Compact(refs))
	if err != nil {
		return err
	}
	for _, l := range locks {
		l.New = l.Old.With(found, l.needs, l.whole)
	}
	return nil
}

// record compiles with the new pins, to learn the names of revisions for the
// ledger.
func record(paths []string, opts Options, locks []*plannedLock) ([]Relock, diag.List, error) {
	opts.Locks = map[string]*pin.Lock{}
	for _, l := range locks {
		opts.Locks[l.Path] = l.New
	}
	m, diags, err := Compile(paths, opts)
	if err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	var out []Relock
	for _, l := range locks {
		l.New.Record(slices.DeleteFunc(slices.Clone(m.Revisions), func(n ir.RevisionName) bool { return n.Lock != l.Path }))
		out = append(out, l.Relock)
	}
	return out, diags, nil
}
