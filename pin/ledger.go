package pin

import (
	"fmt"
	"slices"
	"strings"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
)

// ledgerKey is the key of an app in the lock's ledger.
func ledgerKey(n ir.RevisionName) string { return n.Namespace + "/" + n.App }

// CheckLedger compares names that were computed with the ledger of those ever
// emitted. A name that stood for other content is an error. A declared
// revision that gets traffic, but is neither in the ledger nor the template, is
// a warning: a cluster that never saw it can't serve it, and the Route stays
// RevisionMissing. It is an error if the ledger has it under another name, since
// then it was something else when it was the template.
func CheckLedger(lock *Lock, names []ir.RevisionName) (diags diag.List) {
	for _, n := range names {
		recorded, ok := lock.Revisions[ledgerKey(n)][n.Name]
		switch {
		case ok && recorded != n.Hash:
			diags.Add(n.Node.KeyErrorf(diag.LedgerConflict, "the lock has the name %s for other content", n.Name).
				WithHint("the lock was edited, or two contents share the name; change anything in the revision for another name"))
		case !ok && !n.Latest && len(recordedAs(lock, n)) > 0:
			diags.Add(changed(n, recordedAs(lock, n)))
		case !ok && !n.Latest:
			diags.Add(n.Node.KeyErrorf(diag.UnrecordedRevision, "the lock's ledger does not have %s: a cluster that never had this revision as the template can't send traffic to it", n.Name).
				AsWarning().
				WithHint("make it latest first, and run belay pin then; --replay prints the sequence for an empty cluster"))
		}
	}
	return diags
}

// recordedAs are the names that the ledger has for the revision of that id.
func recordedAs(lock *Lock, n ir.RevisionName) (names []string) {
	prefix := n.App + "-" + n.ID + "-"
	for _, name := range ir.Sorted(lock.Revisions[ledgerKey(n)]) {
		if hash, ok := strings.CutPrefix(name, prefix); ok && !strings.Contains(hash, "-") {
			names = append(names, name)
		}
	}
	return names
}

// changed tells a revision that is no longer what it was as the template, and
// why, where that can be known: with the defaults of the release it still is.
func changed(n ir.RevisionName, recorded []string) diag.Diagnostic {
	d := n.Node.KeyErrorf(diag.RevisionChanged, "revision %q was %s when it was the template, and is %s now, which no cluster has: "+
		"one of its fields, its image's digest or a default of the target is another", n.ID, strings.Join(recorded, " or "), n.Name)
	if slices.Contains(recorded, n.Released) {
		d.Message = fmt.Sprintf("revision %q was %s when it was the template, and is %s now, which no cluster has: "+
			"its fields are the same, and target: config changes a default of the release", n.ID, n.Released, n.Name)
	}
	return d.WithHint("a revision that gets traffic stays as it was; undo the change, name the old one with existing, or make it latest once more")
}

// CheckStrategies tells apps that the ledger has under strategy "service", and
// that are now something else. Knative takes over no object that it does not
// own: a Route beside the Service of that name is refused for good
// (knative.dev/serving/pkg/reconciler/service/service.go, RouteNotOwned).
func CheckStrategies(lock *Lock, c *ir.Checked) (diags diag.List) {
	for _, app := range c.Apps {
		key := app.Namespace + "/" + app.Name
		if len(lock.Revisions[key]) == 0 || app.Spec.Strategy == "service" {
			continue
		}
		at := app.Node.KeyErrorf
		if n := app.Node.Field("strategy"); n != nil {
			at = n.Errorf
		}
		diags.Add(at(diag.StrategyChanged, "the lock's ledger has app %q as a Service with named revisions; another strategy under the same name does not replace it", app.Name).
			WithHint("give the app another name; or delete the Service (kubectl delete ksvc %s -n %s), and then %s under revisions in the lock", app.Name, app.Namespace, key))
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
