// Package relock computes locks: what "belay pin" writes, what "belay pin
// --check" reports, and what "belay render -o" records of apps. It runs the
// compiler for the specs that a lock serves, and queries registries through a
// pin.Resolver. It writes no file; that is the caller's.
package relock

import (
	"context"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

// A LockUpdate is a lock as it is and as it should be written.
type LockUpdate struct {
	Path   string // absolute
	Old    *pin.Lock
	New    *pin.Lock
	Unused int // entries of New that the run does not need, and that stay since other runs may need them
}

// UpdateOptions say which pins of a lock to look up again, and how.
type UpdateOptions struct {
	Update    func(ref string) bool // reports whether to look up a reference that has a pin
	Keep      bool                  // keep entries that nothing uses any more
	Prune     bool                  // remove the entries that the run does not use, even if the run is not all that uses the lock
	Releases  bool                  // pin targets to the default releases again
	Platforms []string              // that every image must have, sorted
	Single    bool                  // pin the manifest for the only one of Platforms
	Verify    ImageVerifier         // of images that get another digest; nil for none
}

// UpdateLocks resolves the images of the specs that paths name, and computes the
// locks that have them all. An image that its registry does not have as required
// is reported at its places in the specs. The error is of registries that did
// not answer, of ctx, or of a path. With errors of either kind there are no
// locks.
func UpdateLocks(ctx context.Context, paths []string, opts compiler.Options, r pin.Resolver, how UpdateOptions) ([]LockUpdate, diag.List, error) {
	opts.ForLockUpdate, opts.IgnoreLockedReleases = true, how.Releases
	specs, diags, err := compiler.Check(ctx, paths, opts)
	if err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	locks, more := planLocks(specs, opts)
	diags.Add(more...)
	if diags.HasErrors() {
		return nil, diags, nil
	}
	for _, l := range locks {
		if err := checkPrunable(l.Path, paths, opts); how.Prune && err != nil {
			return nil, diags.Sorted(), err
		}
	}
	more, err = resolve(ctx, locks, r, how)
	diags.Add(more...)
	if err == nil && !diags.HasErrors() {
		more, err = how.Verify.verify(ctx, changedImages(locks))
		diags.Add(more...)
	}
	if err != nil || diags.HasErrors() {
		return nil, diags.Sorted(), err
	}
	return finish(ctx, paths, opts, locks, how)
}

// finish compiles with the new pins, which is how the run learns what the
// ledgers have to record of the apps, and removes the entries that the run does
// not need.
func finish(ctx context.Context, paths []string, opts compiler.Options, locks []*lockPlan, how UpdateOptions) (updates []LockUpdate, diags diag.List, err error) {
	opts.Locks = map[string]*pin.Lock{}
	for _, l := range locks {
		opts.Locks[l.Path] = l.New
	}
	opts.IgnoreLockedReleases = false
	run, diags, err := compiler.CompileAll(ctx, paths, opts)
	if err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	apps, names := ledgerOf(run)
	for _, l := range locks {
		l.needs.Apps = appsOf(apps, l.Path)
		l.New.Record(l.needs.Apps, namesOf(names, l.Path))
		l.New.Upgrade()
		l.dropUnused(paths, opts, how)
		updates = append(updates, l.LockUpdate)
	}
	return updates, diags, nil
}

// dropUnused removes the entries that nothing needs any more, if the run can
// determine that, and counts those that stay.
func (l *lockPlan) dropUnused(paths []string, opts compiler.Options, how UpdateOptions) {
	l.Unused = l.New.Unused(l.needs)
	switch {
	case how.Prune:
		l.New.DropUnused(l.needs)
		l.New.DropUnusedApps(l.needs)
	case l.Unused > 0 && !how.Keep && coversLock(l.Path, paths, opts):
		l.New.DropUnused(l.needs)
	default:
		return
	}
	l.Unused = 0
}
