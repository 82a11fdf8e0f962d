package argocd

import (
	"cmp"
	_ "embed"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// health is the health of every kind with Knative's conditions. Argo CD has
// none of its own for most of them, and takes them for healthy at once; that of
// a Service does not look at the generation.
//
//go:embed health.lua
var health string

// configuration makes the keys that Argo CD's ConfigMap needs, all of them
// settings of the whole of Argo CD: applied server-side, they leave the others
// alone.
//
// Tracking is by annotation: Knative copies the labels of a Service to all that
// it makes of it, and by label Argo CD would take the copies for its own.
func configuration(spec *schema.ArgoCD) ir.Object {
	data := map[string]string{
		"application.resourceTrackingMethod": "annotation",
		"resource.compareoptions":            "ignoreAggregatedRoles: true\n",
	}
	for _, kind := range []string{"Configuration", "DomainMapping", "Route", "Service"} {
		data["resource.customizations.health.serving.knative.dev_"+kind] = health
	}
	return newObject("v1", "ConfigMap", object{
		Metadata: metadata{
			Name:      "argocd-cm",
			Namespace: cmp.Or(spec.Namespace, "argocd"),
			Labels:    map[string]string{"app.kubernetes.io/part-of": "argocd"}, // Argo CD reads no ConfigMap without it
		},
		Data: data,
	})
}
