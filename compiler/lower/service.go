package lower

import (
	"knative.dev/pkg/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/ir"
)

const servingAPI = "serving.knative.dev/v1"

// service makes the Knative Service: of an app without declared revisions,
// with all traffic to the latest one; or, with strategy "service", of the
// revision that latest names, with traffic to revisions by name.
func (b *builder) service() {
	if b.app.HasTracks() {
		return
	}
	latest := b.app.Template()
	if !b.app.Declared() {
		b.serve(latest, "", []servingv1.TrafficTarget{{LatestRevision: ptr.Bool(true), Percent: ptr.Int64(100)}})
		return
	}
	names := b.names()
	b.serve(latest, nameOf(latest, names), b.namedTraffic(names))
}

// serve makes the Service with a revision as its template; the name is the
// template's, or "".
func (b *builder) serve(r *ir.Revision, name string, traffic []servingv1.TrafficTarget) {
	s := &servingv1.Service{ObjectMeta: b.routeMeta()}
	b.annotateImages(&s.ObjectMeta, r)
	s.Spec.Template = b.template(r)
	s.Spec.Template.Name = name
	s.Spec.Traffic = traffic
	b.addKnative(s, r)
}

func nameOf(r *ir.Revision, names []ir.RevisionName) string {
	for _, n := range names {
		if n.ID == r.ID {
			return n.Name
		}
	}
	return r.Spec.Existing
}

// namedTraffic is traffic to revisions by their names, declared and existing
// ones, sorted by id.
func (b *builder) namedTraffic(names []ir.RevisionName) (targets []servingv1.TrafficTarget) {
	for _, r := range b.app.Revisions {
		t := b.trafficTarget(r)
		t.RevisionName, t.LatestRevision = nameOf(r, names), ptr.Bool(false)
		targets = append(targets, t)
	}
	return targets
}

// revisionNames are the names of the revisions that traffic goes to, sorted by
// id.
func (b *builder) revisionNames() (names []string) {
	for _, t := range b.namedTraffic(b.names()) {
		names = append(names, t.RevisionName)
	}
	return names
}

// trafficTarget makes the target of traffic to a revision. It has the name of the
// revision in the cluster if that exists there.
func (b *builder) trafficTarget(r *ir.Revision) (t servingv1.TrafficTarget) {
	fields.Traffic.Write(b.conversion(), b.app.Node, r, &t)
	return t
}
