package pin

import (
	"cmp"
	"fmt"
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/naming"
)

// AppKey is the key of an app in the ledger: target/namespace/app. A target
// without a name, and a namespace that the spec leaves open to whoever renders
// it, are "-", which is not a name of either.
func AppKey(target, namespace string, open bool, app string) string {
	if open {
		namespace = "-"
	}
	return cmp.Or(target, "-") + "/" + namespace + "/" + app
}

// App returns what the ledger has of an app. A target that the ledger has
// nothing of yet has the entries of the target without a name, since a
// repository names its target one day. A lock of version 1 has Services with
// named revisions only.
func (l *Lock) App(target, namespace string, open bool, app string) (App, bool) {
	entry, ok := l.Apps[AppKey(target, namespace, open, app)]
	if !ok && target != "" && !l.hasTarget(target) {
		entry, ok = l.Apps[AppKey("", namespace, open, app)]
	}
	if names := l.Former[namespace+"/"+app]; !ok && len(names) > 0 {
		return App{Kind: "Service", Revisions: names}, true
	}
	return entry, ok
}

// hasTarget reports whether the ledger, as it was read, has apps of a target.
func (l *Lock) hasTarget(target string) bool {
	l.once.Do(func() {
		l.named = map[string]bool{}
		for key := range l.Apps {
			name, _, _ := strings.Cut(key, "/")
			l.named[name] = true
		}
	})
	return l.named[target]
}

// CheckLedger compares names that were computed with the ledger of those ever
// emitted. A name that stood for other content is an error. A declared
// revision that gets traffic, but is neither in the ledger nor the template, is
// a warning: a cluster that never had it can't serve it, and the Route stays
// RevisionMissing. It is an error if the ledger has it under another name, since
// then it was something else when it was the template.
func CheckLedger(lock *Lock, names []ir.RevisionName) (diags diag.List) {
	for _, n := range names {
		app, _ := lock.App(n.Target, n.Namespace, n.Open, n.App)
		recorded, ok := app.Revisions[n.Name]
		switch {
		case ok && recorded != n.Hash:
			diags.Add(n.Node.KeyErrorf(diag.LedgerConflict, "the lock has the name %s for other content", n.Name).
				WithHint("the lock was edited, or two contents share the name; change anything in the revision for another name"))
		case !ok && !n.Latest && len(app.recordedAs(n)) > 0:
			diags.Add(changed(n, app.recordedAs(n)))
		case !ok && !n.Latest:
			diags.Add(n.Node.KeyErrorf(diag.UnrecordedRevision, "the lock's ledger does not have %s: a cluster that never had this revision as the template can't send traffic to it", n.Name).
				AsWarning().
				WithHint("make it latest first, and record it then: belay pin; the sequence for an empty cluster: belay render --replay"))
		}
	}
	return diags
}

// recordedAs are the names that the ledger has for the revision of that id.
func (a App) recordedAs(n ir.RevisionName) (names []string) {
	for _, name := range ir.Sorted(a.Revisions) {
		if naming.IsRevisionOf(name, n.App, n.ID) {
			names = append(names, name)
		}
	}
	return names
}

// changed reports a revision that is no longer what it was as the template, and
// why, where that can be known: with the defaults of the release it still is.
func changed(n ir.RevisionName, recorded []string) diag.Diagnostic {
	d := n.Node.KeyErrorf(diag.RevisionChanged, "revision %q was %s when it was the template, and is %s now, which the lock does not have, nor a cluster unless it was deployed without belay pin: "+
		"one of its fields, its image's digest or a default of the target is another", n.ID, strings.Join(recorded, " or "), n.Name)
	if slices.Contains(recorded, n.Released) {
		d.Message = fmt.Sprintf("revision %q was %s when it was the template, and is %s now, which the lock does not have, nor a cluster unless it was deployed without belay pin: "+
			"its fields are the same, and target: config changes a default of the release", n.ID, n.Released, n.Name)
	}
	return d.WithHint("a revision that gets traffic stays as it was; undo the change, name the old one with existing, or make it latest once more")
}

// CheckTracks reports an app of which several recorded tracks change at once,
// as they do if a field is edited that they share: all of its traffic moves to
// templates that were never tried.
func CheckTracks(lock *Lock, a ir.AppRecord) diag.List {
	app, _ := lock.App(a.Target, a.Namespace, a.Open, a.App)
	var moved []string
	for _, id := range ir.Sorted(a.Tracks) {
		if recorded := app.Tracks[id]; recorded != "" && recorded != a.Tracks[id] {
			moved = append(moved, id)
		}
	}
	if len(moved) < 2 {
		return nil
	}
	revisions := a.Node.Field("revisions")
	last := len(moved) - 1
	d := revisions.Field(moved[last]).KeyErrorf(diag.RevisionsChanged, "%d revisions of app %q change at once, and all requests to them move to new pods", len(moved), a.App).
		AsWarning().
		WithHint("to try the change on a part of the requests, make it on one revision, or on a new one")
	for _, id := range moved[:last] {
		d = d.WithRelated(revisions.Field(id).Key, "this revision changes as well")
	}
	return diag.List{d}
}

// CheckKinds reports apps that are of another kind than the ledger has. Knative
// takes over no object that it does not own: a Route beside the Service of that
// name is refused for good, and a Service beside the Route
// (knative.dev/serving/pkg/reconciler/service/service.go, RouteNotOwned). If the
// change is meant, replace makes a note of it.
func CheckKinds(lock *Lock, c *ir.Checked, replace bool) (diags diag.List) {
	for _, app := range c.Apps {
		recorded, ok := lock.App(c.Target.Name, app.Namespace, app.OpenNamespace, app.Name)
		if !ok || recorded.Kind == app.Kind() {
			continue
		}
		at := app.Node.KeyErrorf
		for _, field := range []string{"revisions", "strategy"} {
			if n := app.Node.Field(field); n != nil {
				at = n.KeyErrorf
			}
		}
		if replace {
			diags.Add(AcceptedReplacement(at(diag.StrategyChanged, ""), app.Name, app.Namespace, recorded.Kind, app.Kind()))
			continue
		}
		diags.Add(at(diag.StrategyChanged, "app %q is a %s in the lock's ledger, and becomes a %s: a cluster does not replace one by the other", app.Name, recorded.Kind, app.Kind()).
			WithHint("give the app another name, and move its domains; or record the change with belay pin --replace: the app is then down until the old object is deleted (%s)", deleteCommand(recorded.Kind, app.Name, app.Namespace)))
	}
	return diags
}

// AcceptedReplacement returns a diagnostic as the note about an app that changes
// its kind because the caller accepts it, with the command that ends the outage.
func AcceptedReplacement(d diag.Diagnostic, name, namespace, from, to string) diag.Diagnostic {
	d.Code, d.Severity = diag.StrategyChanged, diag.Note
	d.Message = fmt.Sprintf("app %q becomes a %s and was a %s: it is down from when this is applied until the old object is deleted", name, to, from)
	return d.WithHint("run: %s", deleteCommand(from, name, namespace))
}

func deleteCommand(kind, name, namespace string) string {
	resource := "routes.serving.knative.dev"
	if kind == "Service" {
		resource = "services.serving.knative.dev"
	}
	return fmt.Sprintf("kubectl delete %s %s -n %s", resource, name, namespace)
}

// Record enters what was compiled into the ledger. Names of revisions that are
// already in it stay: a rollback goes back to one.
func (l *Lock) Record(apps []ir.AppRecord, names []ir.RevisionName) {
	recorded := map[string]App{}
	for _, a := range apps {
		app, _ := l.App(a.Target, a.Namespace, a.Open, a.App)
		if app.Kind != a.Kind {
			app = App{}
		}
		app = app.clone()
		app.Kind, app.Tracks = a.Kind, a.Tracks
		recorded[AppKey(a.Target, a.Namespace, a.Open, a.App)] = app
		if a.Target == "" {
			delete(l.Former, a.Namespace+"/"+a.App)
		}
	}
	for _, n := range names {
		key := AppKey(n.Target, n.Namespace, n.Open, n.App)
		app, ok := recorded[key]
		if !ok || !n.Latest {
			continue
		}
		if app.Revisions == nil {
			app.Revisions = map[string]string{}
			recorded[key] = app
		}
		app.Revisions[n.Name] = n.Hash
	}
	for key, app := range recorded {
		l.Apps[key] = app
	}
}

// Upgrade makes a lock one of the version that belay writes. Apps that version 1
// has, and that were not recorded since, are of the target without a name.
func (l *Lock) Upgrade() {
	for key, names := range l.Former {
		l.Apps["-/"+key] = App{Kind: "Service", Revisions: names}
	}
	l.Version, l.Former = lockVersion, nil
}
