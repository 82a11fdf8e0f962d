package lower

import (
	"maps"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/schema"
)

// meta makes the metadata of one of the app's objects.
//
// Each object has at least one annotation: a Route without any, applied
// client-side and later server-side by another manager, is rejected by
// Knative's webhook.
func (b *builder) meta(name string) metav1.ObjectMeta {
	meta := metav1.ObjectMeta{Name: name, Namespace: b.app.Namespace}
	fields.Metadata.Write(b.conversion(), b.app.Node, b.app, &meta)
	meta.Labels = with(meta.Labels, map[string]string{objectmeta.NameLabel: b.app.Name, objectmeta.ManagedByLabel: objectmeta.ManagedByBelay})
	meta.Annotations = with(meta.Annotations, map[string]string{objectmeta.SpecAnnotation: schema.APIVersion})
	return meta
}

// podMeta makes the metadata of a revision's template.
func (b *builder) podMeta(r *ir.Revision) (meta metav1.ObjectMeta) {
	c := b.conversion()
	fields.PodMetadata.Write(c, b.app.Node, b.app, &meta)
	fields.Scale.Write(c, r.Node, r, &meta)
	meta.Labels = with(meta.Labels, map[string]string{objectmeta.NameLabel: b.app.Name, objectmeta.AppLabel: b.app.Name})
	if b.app.Spec.Strategy == "service" {
		// A template that is replaced may be what traffic, or a rollback, goes back to.
		meta.Annotations = with(meta.Annotations, map[string]string{"serving.knative.dev/no-gc": "true"})
	}
	return meta
}

// with adds keys that belay sets itself to those that come from the spec.
func with(fromSpec, own map[string]string) map[string]string {
	if fromSpec == nil {
		return own
	}
	maps.Copy(fromSpec, own)
	return fromSpec
}

// annotateImages notes the references as written that the digests of some
// revisions stand for. It goes on the object's own metadata: on the template a
// tag that moved would make a new revision.
func (b *builder) annotateImages(meta *metav1.ObjectMeta, r *ir.Revision) {
	images := map[string]string{}
	for _, c := range r.Containers() {
		if b.pinned.Digests[c.Spec.Image] != "" {
			images[fields.ContainerName(c)] = c.Spec.Image
		}
		for _, path := range ir.Sorted(c.Spec.Mounts) {
			if image := c.Spec.Mounts[path].Image; b.pinned.Digests[image] != "" {
				images[fields.VolumeName(c.Spec.Mounts[path])] = image
			}
		}
	}
	if len(images) == 0 {
		return
	}
	data, err := json.Marshal(images)
	if err != nil {
		panic("belay internal: images: " + err.Error())
	}
	meta.Annotations[objectmeta.ImagesAnnotation] = string(data)
}
