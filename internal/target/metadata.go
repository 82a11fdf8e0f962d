package target

import (
	"strings"

	"github.com/belay-sh/belay/internal/objectmeta"
)

// Place is where a label or annotation of an app goes.
type Place int

// The places.
const (
	Everywhere Place = iota // on the app's objects and on their pods
	OnObjects               // only on the objects: on pods it would mean nothing, and make new revisions
	OnPods                  // only on the template: on objects it would be ignored or refused
	Nowhere                 // belay or the cluster sets it
)

// MetadataKey is what is known of the labels or annotations under a key.
type MetadataKey struct {
	Prefix string // a whole key, or a prefix that ends in '/' or '.'
	Place  Place
	Why    string   // for Nowhere: what is wrong with it
	Values []string // if not nil, the values that mean something
	Since  Version  // the first release of Knative that reads it; zero for all
}

func lookup(table []MetadataKey, key string) MetadataKey {
	best := MetadataKey{}
	for _, k := range table {
		whole := k.Prefix == key
		part := strings.HasSuffix(k.Prefix, "/") && strings.HasPrefix(key, k.Prefix)
		if (whole || part) && len(k.Prefix) >= len(best.Prefix) {
			best = k
		}
	}
	return best
}

// Label is what is known of a label.
func Label(key string) MetadataKey { return lookup(labels, key) }

// Annotation is what is known of an annotation.
func Annotation(key string) MetadataKey { return lookup(annotations, key) }

const (
	ours     = "belay sets it"
	clusters = "the cluster sets it; what a manifest says of it is refused or makes drift"
	unread   = "Knative reads none of that name"
)

var labels = []MetadataKey{
	{Prefix: objectmeta.ManagedByLabel, Place: Nowhere, Why: ours},
	{Prefix: objectmeta.NameLabel, Place: Nowhere, Why: ours},
	{Prefix: objectmeta.Prefix, Place: Nowhere, Why: ours},
	{Prefix: objectmeta.VisibilityLabel, Place: Nowhere, Why: "any value but cluster-local is ignored, and leaves the app public; write visibility"},
	{Prefix: "networking.knative.dev/", Place: Nowhere, Why: clusters},
	{Prefix: "networking.internal.knative.dev/", Place: Nowhere, Why: clusters},
	{Prefix: "autoscaling.internal.knative.dev/", Place: Nowhere, Why: clusters},
	{Prefix: "serving.knative.dev/", Place: Nowhere, Why: "the webhook asks for an owner reference with it"},
	{Prefix: objectmeta.InjectLabel, Place: Nowhere, Why: "write mesh: inject"},
	{Prefix: "sidecar.istio.io/", Place: OnPods},
	{Prefix: "istio.io/", Place: OnPods},
	{Prefix: "argocd.argoproj.io/", Place: OnObjects},
}

var annotations = []MetadataKey{
	{Prefix: objectmeta.Prefix, Place: Nowhere, Why: ours},
	{Prefix: "autoscaling.knative.dev/", Place: Nowhere, Why: "on an object the webhook refuses it, and a misspelt one is ignored; write scale"},
	{Prefix: "serving.knative.dev/rollout-duration", Place: Nowhere, Why: "write rollout: duration"},
	{Prefix: "serving.knative.dev/rolloutDuration", Place: Nowhere, Why: "write rollout: duration"},
	{Prefix: "serving.knative.dev/progress-deadline", Place: OnPods, Since: Version{1, 4}},
	{Prefix: "serving.knative.dev/no-gc", Place: OnPods, Values: []string{"true"}},
	{Prefix: "serving.knative.dev/", Place: Nowhere, Why: clusters},
	{Prefix: "queue.sidecar.serving.knative.dev/resource-percentage", Place: OnPods, Since: Version{1, 1}},
	{Prefix: "queue.sidecar.serving.knative.dev/resourcePercentage", Place: OnPods},
	{Prefix: "queue.sidecar.serving.knative.dev/cpu-resource-request", Place: OnPods, Since: Version{1, 11}},
	{Prefix: "queue.sidecar.serving.knative.dev/cpu-resource-limit", Place: OnPods, Since: Version{1, 11}},
	{Prefix: "queue.sidecar.serving.knative.dev/memory-resource-request", Place: OnPods, Since: Version{1, 11}},
	{Prefix: "queue.sidecar.serving.knative.dev/memory-resource-limit", Place: OnPods, Since: Version{1, 11}},
	{Prefix: "queue.sidecar.serving.knative.dev/ephemeral-storage-resource-request", Place: OnPods, Since: Version{1, 11}},
	{Prefix: "queue.sidecar.serving.knative.dev/ephemeral-storage-resource-limit", Place: OnPods, Since: Version{1, 11}},
	{Prefix: "queue.sidecar.serving.knative.dev/", Place: Nowhere, Why: unread},
	{Prefix: "features.knative.dev/queueproxy-podinfo", Place: OnPods, Since: Version{1, 7}, Values: []string{"enabled", "disabled"}},
	{Prefix: "features.knative.dev/http-full-duplex", Place: OnPods, Since: Version{1, 13}, Values: []string{"Enabled", "Disabled"}},
	{Prefix: "features.knative.dev/", Place: Nowhere, Why: unread},
	{Prefix: "networking.knative.dev/http-protocol", Place: OnObjects, Since: Version{1, 1}, Values: []string{"enabled", "redirected"}},
	{Prefix: "networking.knative.dev/httpOption", Place: OnObjects, Values: []string{"enabled", "redirected"}},
	{Prefix: "networking.knative.dev/ingress-class", Place: OnObjects, Since: Version{1, 1}},
	{Prefix: "networking.knative.dev/ingress.class", Place: OnObjects},
	{Prefix: "networking.knative.dev/certificate-class", Place: OnObjects, Since: Version{1, 1}},
	{Prefix: "networking.knative.dev/certificate.class", Place: OnObjects},
	{Prefix: "networking.knative.dev/disable-external-domain-tls", Place: OnObjects, Since: Version{1, 12}, Values: []string{"true", "false"}},
	{Prefix: "networking.knative.dev/disable-auto-tls", Place: OnObjects, Since: Version{1, 1}, Values: []string{"true", "false"}},
	{Prefix: "networking.knative.dev/disableAutoTLS", Place: OnObjects, Values: []string{"true", "false"}},
	{Prefix: "networking.knative.dev/", Place: Nowhere, Why: unread},
	{Prefix: "networking.internal.knative.dev/", Place: Nowhere, Why: clusters},
	{Prefix: "autoscaling.internal.knative.dev/", Place: Nowhere, Why: clusters},
	{Prefix: "kubectl.kubernetes.io/", Place: Nowhere, Why: clusters},
	{Prefix: objectmeta.InjectLabel, Place: Nowhere, Why: "it is deprecated for the label; write mesh: inject"},
	{Prefix: "sidecar.istio.io/", Place: OnPods},
	{Prefix: "proxy.istio.io/", Place: OnPods},
	{Prefix: "traffic.sidecar.istio.io/", Place: OnPods},
	{Prefix: "prometheus.io/", Place: OnPods},
	{Prefix: "argocd.argoproj.io/", Place: OnObjects},
	{Prefix: "kustomize.toolkit.fluxcd.io/", Place: OnObjects},
}
