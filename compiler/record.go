package compiler

import (
	"slices"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// Record computes the locks whose ledgers have what a run compiled: the kinds of
// apps, the names of revisions and the hashes of tracks. Nothing else in the
// locks changes; of a lock of version 1, that it gets the version that belay
// writes. Locks that are as they were are returned as well.
func Record(run Run, opts Options) (relocks []Relock, diags diag.List) {
	apps, names := ledgerOf(run)
	for _, path := range lockPaths(apps) {
		old, more := ReadLock(path, opts.Options)
		diags.Add(more...)
		l := Relock{Path: path, Old: old, New: old.Clone()}
		l.New.Record(appsOf(apps, path), namesOf(names, path))
		l.New.Upgrade()
		relocks = append(relocks, l)
	}
	return relocks, diags
}

// ledgerOf is what the bundles of a run have for ledgers.
func ledgerOf(run Run) (apps []ir.AppRecord, names []ir.RevisionName) {
	for _, m := range run.Bundles {
		apps = append(apps, m.Apps...)
		names = append(names, m.Revisions...)
	}
	return apps, names
}

// lockPaths are the paths of the locks that have apps in their ledgers, sorted.
func lockPaths(apps []ir.AppRecord) (paths []string) {
	for _, a := range apps {
		paths = append(paths, a.Lock)
	}
	slices.Sort(paths)
	return slices.Compact(paths)
}

// appsOf are the apps that a lock's ledger has.
func appsOf(apps []ir.AppRecord, lock string) []ir.AppRecord {
	return slices.DeleteFunc(slices.Clone(apps), func(a ir.AppRecord) bool { return a.Lock != lock })
}

// namesOf are the names of revisions that a lock's ledger has.
func namesOf(names []ir.RevisionName, lock string) []ir.RevisionName {
	return slices.DeleteFunc(slices.Clone(names), func(n ir.RevisionName) bool { return n.Lock != lock })
}
