package lower

import (
	"slices"

	"knative.dev/pkg/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/policy"
)

// Replay compiles the apps with strategy "service" for a cluster that has none
// of their revisions: to the Service with each revision in turn as the template
// and all traffic on it, by id, and last with the one that latest names and the
// traffic as declared. A revision is made only while it is the template, so
// each of them is to be Ready before the next is applied.
func Replay(pinned ir.Pinned, p *policy.Policy, forEach ForEach) (ir.Bundle, diag.List) {
	var m ir.Bundle
	controller, diags := controller(pinned.Checked)
	if diags.HasErrors() {
		return m, diags
	}
	apps := make([]loweredApp, len(pinned.Apps))
	forEach(len(apps), func(i int) {
		if app := pinned.Apps[i]; app.Spec.Strategy == "service" {
			b := &builder{admission: controller, pinned: pinned, policy: p, app: app}
			b.kind = kinds[slices.IndexFunc(kinds, func(k kind) bool { return k.name == "Service" })]
			apps[i] = b.replay()
		}
	})
	diags.Add(addApps(&m, apps)...)
	return m, diags
}

// replay compiles the app to its Services, one for each revision.
func (b *builder) replay() loweredApp {
	names := b.names()
	for i := range names {
		names[i].Latest = true // in its turn
	}
	for _, r := range b.app.Revisions {
		switch name := nameOf(r, names); {
		case r.Spec.Existing != "":
			b.diags.Add(r.Node.Field("existing").Errorf(diag.UnreplayableRevision,
				"%s is a revision that a cluster has already; one without it can't get it from this spec", name).
				WithHint("declare the revision instead: its fields, and no existing"))
		case r.ID != b.app.Spec.Latest:
			b.serve(r, name, []servingv1.TrafficTarget{{RevisionName: name, LatestRevision: ptr.Bool(false), Percent: ptr.Int64(100)}})
		}
	}
	b.service()
	b.patch()
	b.permit()
	if b.diags.HasErrors() {
		return loweredApp{diags: b.diags}
	}
	return loweredApp{objects: b.objects, revisions: b.named, diags: b.diags}
}
