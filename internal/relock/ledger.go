package relock

import (
	"slices"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// RecordLedgers computes the locks whose ledgers have what a run compiled: the
// kinds of apps, the names of revisions and the hashes of tracks. Nothing else in
// the locks changes, except that a lock of version 1 gets the version that belay
// writes. Locks that do not change are returned as well.
func RecordLedgers(run compiler.Run, opts compiler.Options) (updates []LockUpdate, diags diag.List) {
	apps, names := ledgerOf(run)
	for _, path := range lockPaths(apps) {
		old, more := compiler.ReadLock(path, opts.Options)
		diags.Add(more...)
		l := LockUpdate{Path: path, Old: old, New: old.Clone()}
		l.New.Record(appsOf(apps, path), namesOf(names, path))
		l.New.Upgrade()
		updates = append(updates, l)
	}
	return updates, diags
}

// ledgerOf returns what the bundles of a run have for ledgers.
func ledgerOf(run compiler.Run) (apps []ir.AppRecord, names []ir.RevisionName) {
	for _, b := range run.Bundles {
		apps = append(apps, b.Apps...)
		names = append(names, b.Revisions...)
	}
	return apps, names
}

// lockPaths returns the paths of the locks whose ledgers have the apps, sorted.
func lockPaths(apps []ir.AppRecord) (paths []string) {
	for _, a := range apps {
		paths = append(paths, a.Lock)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// appsOf returns the apps that the ledger of a lock has.
func appsOf(apps []ir.AppRecord, lock string) []ir.AppRecord {
	return slices.DeleteFunc(slices.Clone(apps), func(a ir.AppRecord) bool { return a.Lock != lock })
}

// namesOf returns the names of revisions that the ledger of a lock has.
func namesOf(names []ir.RevisionName, lock string) []ir.RevisionName {
	return slices.DeleteFunc(slices.Clone(names), func(n ir.RevisionName) bool { return n.Lock != lock })
}
