package lower

import (
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/compiler/fields"
)

// route makes the Route over the app's Configurations. It has the app's name,
// and so the URL that a Service would have.
func (b *builder) route() {
	if !b.app.HasTracks() {
		return
	}
	r := &servingv1.Route{ObjectMeta: b.routeMeta()}
	for _, rev := range b.app.Revisions {
		t := b.trafficTarget(rev)
		if rev.Spec.Existing == "" {
			t.ConfigurationName, t.LatestRevision = b.app.ConfigurationName(rev.ID), ptr.Bool(true)
		}
		r.Spec.Traffic = append(r.Spec.Traffic, t)
	}
	b.addKnative(r, nil)
}

// routeMeta is the metadata of the object that routes: visibility and rollout
// are read from it (knative.dev/serving/pkg/reconciler/route).
func (b *builder) routeMeta() metav1.ObjectMeta {
	meta := b.meta(b.app.Name)
	fields.RouteMetadata.Write(b.conversion(), b.app.Node, b.app, &meta)
	return meta
}
