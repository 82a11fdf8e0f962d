package install

import "github.com/belay-sh/belay/internal/ir"

// knativeServing makes the object that Knative's operator installs Knative
// from (knative.dev/operator, pkg/apis/operator/v1beta1). A test
// validates it by the operator's CRD.
func knativeServing(c *ir.Checked) ir.Object {
	spec := map[string]any{
		"version": c.Platform.Version,
		"ingress": map[string]any{"istio": map[string]any{"enabled": true}},
	}
	if config := configMaps(c.Target); len(config) > 0 {
		spec["config"] = config
	}
	if n := c.Platform.Spec.Replicas; n > 0 {
		spec["high-availability"] = map[string]any{"replicas": n}
	}
	for _, ns := range c.Namespaces {
		// Or the operator would take the labels off again.
		if labels := userLabels(ns); ns.Name == ir.ServingNamespace && len(labels) > 0 {
			spec["namespace"] = map[string]any{"labels": labels}
		}
	}
	o := object("operator.knative.dev/v1beta1", "KnativeServing", platformMeta(ir.ServingNamespace, "knative-serving"), spec)
	o.Wave, o.FileKey = coreWave, ir.FileKey{Shared: "knative-serving"}
	return o
}
