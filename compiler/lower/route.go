package lower

import (
	"time"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"knative.dev/pkg/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/schema"
)

// route makes the Route over the app's Configurations. It has the app's name,
// and so the URL that a Service would have.
func (b *builder) route() {
	if !b.app.HasTracks() {
		return
	}
	r := &servingv1.Route{ObjectMeta: b.routeMeta()}
	for _, rev := range b.app.Revisions {
		t := trafficTarget(rev)
		if rev.Spec.Existing != "" {
			t.RevisionName, t.LatestRevision = rev.Spec.Existing, ptr.Bool(false)
		} else {
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
	if b.app.Spec.Visibility == "cluster-local" {
		meta.Labels["networking.knative.dev/visibility"] = "cluster-local"
	}
	if d, err := time.ParseDuration(b.app.Spec.Rollout.Duration); err == nil {
		meta.Annotations[b.pinned.Target.RolloutKey()] = schema.Duration(d)
	}
	return meta
}
