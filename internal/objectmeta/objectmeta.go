// Package objectmeta names the labels and annotations that belay writes on objects.
// Everything that writes, recognises or rejects them uses these constants.
package objectmeta

// Prefix begins the labels and annotations that are belay's own.
const Prefix = "belay.sh/"

// Labels of objects.
const (
	NameLabel      = "app.kubernetes.io/name"       // the app, or the part of the platform
	ManagedByLabel = "app.kubernetes.io/managed-by" // ManagedByBelay
	ManagedByBelay = "belay"
)

// Labels of pods, by which policies of the mesh select them.
const (
	AppLabel     = Prefix + "app"                // belay sets it on the template of every app
	ServiceLabel = "serving.knative.dev/service" // Knative sets it on the pods of a Service
)

// Labels by which Knative and Istio read what a spec says of an app.
const (
	VisibilityLabel    = "networking.knative.dev/visibility" // ClusterLocal, or absent
	ClusterLocal       = "cluster-local"
	InjectLabel        = "sidecar.istio.io/inject"
	DataplaneModeLabel = "istio.io/dataplane-mode" // Ambient, or absent
	Ambient            = "ambient"
)

// Annotations of objects.
const (
	SpecAnnotation     = Prefix + "spec"     // the version of the spec that the object was made from
	ImagesAnnotation   = Prefix + "images"   // the references that digests replaced, as JSON, by container or volume
	PoliciesAnnotation = Prefix + "policies" // the policies that the mesh enforces of an app, as JSON, with a hash of each
	ManifestAnnotation = Prefix + "manifest" // the file of a release that an object is from, and its checksum
	WarningsAnnotation = Prefix + "warnings" // the warnings about an app, which Argo CD's health script shows
)

// MadeByBelay reports whether an object with these labels and annotations is
// belay's, although an overlay may have removed one of them.
func MadeByBelay(labels, annotations map[string]string) bool {
	_, annotated := annotations[SpecAnnotation]
	return annotated || labels[ManagedByLabel] == ManagedByBelay
}
