package pin

import (
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
)

// ledgerKey is the key of an app in the lock's ledger.
func ledgerKey(n ir.RevisionName) string { return n.Namespace + "/" + n.App }

// CheckLedger compares names that were computed with the ledger of those ever
// emitted. A name that stood for other content is an error. A declared
// revision that gets traffic, but is neither in the ledger nor the template,
// is a warning: a cluster that never saw it can't serve it, and the Route
// stays RevisionMissing.
func CheckLedger(lock *Lock, names []ir.RevisionName) (diags diag.List) {
	for _, n := range names {
		recorded, ok := lock.Revisions[ledgerKey(n)][n.Name]
		switch {
		case ok && recorded != n.Hash:
			diags.Add(n.Node.KeyErrorf(diag.LedgerConflict, "the lock has the name %s for other content", n.Name).
				WithHint("the lock was edited, or two contents share the name; change anything in the revision for another name"))
		case !ok && !n.Latest:
			diags.Add(n.Node.KeyErrorf(diag.UnrecordedRevision, "the lock's ledger does not have %s: a cluster that never had this revision as the template can't send traffic to it", n.Name).
				AsWarning().
				WithHint("make it latest first, and run belay pin then; --replay prints the sequence for an empty cluster"))
		}
	}
	return diags
}

// Record adds names to the ledger. Names already in it stay: a rollback goes
// back to one.
func (l *Lock) Record(names []ir.RevisionName) {
	for _, n := range names {
		if !n.Latest {
			continue
		}
		key := ledgerKey(n)
		if l.Revisions[key] == nil {
			l.Revisions[key] = map[string]string{}
		}
		l.Revisions[key][n.Name] = n.Hash
	}
}
