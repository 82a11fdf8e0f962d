package cluster

import (
	"cmp"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// CheckNamespace validates how the pods of a namespace join the mesh.
func CheckNamespace(t *target.Target, ns ir.Namespace) (diags diag.List) {
	n := ns.Node
	if ns.Spec.Inject != nil && ns.Spec.Revision != "" {
		diags.Add(n.Field("revision").KeyErrorf(diag.InjectionConflict,
			"the namespace %s has both inject and revision; istio-injection hides istio.io/rev (IST0123)", n.Name).
			WithRelated(n.Field("inject").Key, "inject"))
	}
	if mode := n.Field("labels").Field("istio.io/dataplane-mode"); mode != nil && mode.Text == "ambient" {
		for _, sidecar := range []*ir.Node{n.Field("inject"), n.Field("revision")} {
			if sidecar != nil && sidecar.Text != "false" {
				diags.Add(rules.InOrder(mode, sidecar, diag.InjectionConflict, "the namespace %s asks for ambient and for sidecars (IST0123)", n.Name))
			}
		}
	}
	diags.Add(rules.ReservedMetadata(n.Field("labels"), "label", namespaceLabels)...)
	return append(diags, checkServingInjection(t, ns)...)
}

// namespaceLabels are the labels of a Namespace: fields stand for two of them.
func namespaceLabels(key string) target.MetadataKey {
	switch key {
	case "istio-injection":
		return target.MetadataKey{Place: target.Nowhere, Why: "write inject"}
	case "istio.io/rev":
		return target.MetadataKey{Place: target.Nowhere, Why: "write revision"}
	}
	if key == "istio.io/dataplane-mode" || key == "istio.io/use-waypoint" {
		return target.MetadataKey{}
	}
	return target.Label(key)
}

// checkServingInjection compares what the spec says of Knative's own namespace
// with what it says of the target: policies are written by the one, and pods
// made by the other.
func checkServingInjection(t *target.Target, ns ir.Namespace) diag.List {
	n := cmp.Or(ns.Node.Field("revision"), ns.Node.Field("inject"))
	injected := ns.Spec.Revision != "" || ns.Spec.Inject != nil && *ns.Spec.Inject
	if ns.Name != ir.ServingNamespace || n == nil || injected == t.Mesh.InjectedServing {
		return nil
	}
	says := "without"
	if t.Mesh.InjectedServing {
		says = "with"
	}
	return diag.List{n.KeyErrorf(diag.PlatformMismatch, "namespace %s contradicts the target, whose %s runs %s sidecars", ns.Name, ns.Name, says).
		WithHint("set target: mesh: injectedServing: %t", injected)}
}
