package lower

import (
	"maps"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/lower/mesh"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// The labels and annotations that belay sets itself.
const (
	nameLabel          = "app.kubernetes.io/name"
	managedByLabel     = "app.kubernetes.io/managed-by"
	appLabel           = "belay.sh/app" // on pods; the selectors of tracks ask for it
	specAnnotation     = "belay.sh/spec"
	imageAnnotation    = "belay.sh/images"
	policyAnnotation   = "belay.sh/policies" // what the mesh enforces of the app, and a hash of each
	manifestAnnotation = "belay.sh/manifest" // the file of a release that an object is from, and its checksum
)

// meta is the metadata of one of the app's objects.
//
// Each object has at least one annotation: a Route without any, applied
// client-side and later server-side by another manager, is refused by
// Knative's webhook.
func (b *builder) meta(name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:        name,
		Namespace:   b.app.Namespace,
		Labels:      b.labels(target.OnObjects, map[string]string{nameLabel: b.app.Name, managedByLabel: "belay"}),
		Annotations: b.annotations(target.OnObjects, map[string]string{specAnnotation: schema.APIVersion}),
	}
}

// podMeta is the metadata of a revision's template.
func (b *builder) podMeta(r *ir.Revision) metav1.ObjectMeta {
	labels := map[string]string{nameLabel: b.app.Name, appLabel: b.app.Name}
	maps.Copy(labels, mesh.PodLabels(b.app.Spec.Mesh))
	annotations := b.scaleAnnotations(r)
	maps.Copy(annotations, mesh.ScrapeAnnotations(b.app.Spec.Mesh))
	if b.app.Spec.Strategy == "service" {
		// A template that is replaced may be what traffic, or a rollback, goes back to.
		annotations["serving.knative.dev/no-gc"] = "true"
	}
	return metav1.ObjectMeta{
		Labels:      b.labels(target.OnPods, labels),
		Annotations: b.annotations(target.OnPods, annotations),
	}
}

func (b *builder) labels(place target.Place, own map[string]string) map[string]string {
	return with(b.app.Spec.Labels, place, target.Label, own)
}

func (b *builder) annotations(place target.Place, own map[string]string) map[string]string {
	return with(b.app.Spec.Annotations, place, target.Annotation, own)
}

// with adds to belay's own keys those of the user that belong in a place.
func with(users map[string]string, place target.Place, lookup func(string) target.MetadataKey, own map[string]string) map[string]string {
	out := map[string]string{}
	for key, value := range users {
		if p := lookup(key).Place; p == place || p == target.Everywhere {
			out[key] = value
		}
	}
	maps.Copy(out, own)
	if len(out) == 0 {
		return nil
	}
	return out
}

// annotateImages notes the references as written that the digests of some
// revisions stand for. It goes on the object's own metadata: on the template a
// tag that moved would make a new revision.
func (b *builder) annotateImages(meta *metav1.ObjectMeta, r *ir.Revision) {
	images := map[string]string{}
	for _, c := range r.Containers() {
		if b.pinned.Digests[c.Spec.Image] != "" {
			images[containerName(c)] = c.Spec.Image
		}
		for _, path := range ir.Sorted(c.Spec.Mounts) {
			if image := c.Spec.Mounts[path].Image; b.pinned.Digests[image] != "" {
				images[volumeName(c.Spec.Mounts[path])] = image
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
	meta.Annotations[imageAnnotation] = string(data)
}
