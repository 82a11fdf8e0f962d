package install

import (
	"maps"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/schema"
)

// namespace makes a Namespace, with the label that injects sidecars.
func namespace(ns ir.Namespace) ir.Object {
	labels := userLabels(ns)
	labels[objectmeta.ManagedByLabel] = objectmeta.ManagedByBelay
	o := object("v1", "Namespace", metav1.ObjectMeta{
		Name:        ns.Name,
		Labels:      labels,
		Annotations: map[string]string{objectmeta.SpecAnnotation: schema.APIVersion},
	}, nil)
	o.Wave = namespaceWave
	o.Cluster, o.FileKey = ir.AllClusters, ir.NamespaceFileKey(ns.Name)
	return o
}

// userLabels returns the labels that the spec gives a namespace.
func userLabels(ns ir.Namespace) map[string]string {
	labels := map[string]string{}
	maps.Copy(labels, ns.Spec.Labels)
	if ns.Spec.Inject != nil {
		labels["istio-injection"] = map[bool]string{true: "enabled", false: "disabled"}[*ns.Spec.Inject]
	}
	if ns.Spec.Revision != "" {
		labels["istio.io/rev"] = ns.Spec.Revision
	}
	return labels
}

// isReleased reports whether a namespace is an object of the platform's
// release.
func isReleased(c *ir.Checked, ns ir.Namespace) bool {
	return c.Platform != nil && !c.Platform.Spec.Operator && ns.Name == ir.ServingNamespace
}
