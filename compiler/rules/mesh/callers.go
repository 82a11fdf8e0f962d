package mesh

import (
	"fmt"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// callerRules are the rules of this file.
var callerRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkCallers},
	DependsOn: map[diag.Code][]string{
		diag.ActivatorInPath:  {rules.WholeTarget, "min", "burstCapacity", "scale"},
		diag.IdentityRequired: {"mtls", rules.WholeTarget, "ambient", "min", "burstCapacity", "scale"},
		diag.PublicCallers:    {"visibility", "callers"},
	},
}

// checkCallers reports callers that cannot be identified: the only proof of who
// sends a request is a certificate, which every request to the app must have.
func checkCallers(t *target.Target, a *ir.App) (diags diag.List) {
	mesh := a.Node.Field("mesh")
	n := mesh.Field("callers")
	if n == nil || a.Spec.Mesh.Ambient || a.Spec.Mesh.WithoutSidecars() {
		return nil // without a sidecar that is the mistake
	}
	if a.Spec.Mesh.MTLS == "disable" {
		diags.Add(mesh.Field("mtls").Errorf(diag.IdentityRequired, "callers are told by their certificates, and without mTLS there are none").
			WithRelated(n.Key, "callers"))
	}
	if !a.BypassesActivator() {
		diags.Add(checkActivator(t, a, n)...)
	}
	if a.Spec.Visibility != "cluster-local" && !admitsGateway(t, a) {
		d := n.KeyErrorf(diag.PublicCallers, "app %q is public, and callers rejects all that comes through Istio's gateways", a.Name).AsWarning()
		hint := "set visibility: \"cluster-local\""
		if gateways := t.ExternalGateways(a.RouteLabels()); len(gateways) > 0 {
			hint += fmt.Sprintf("; or admit the gateways, and so everybody who reaches them: {namespace: %q}", gateways[0].ServiceNamespace())
		}
		diags.Add(d.WithHint("%s", hint))
	}
	return diags
}

// checkActivator reports callers that requests through Knative's activator
// would bypass. The activator addresses pods one by one, past the mesh, as long
// as these accept plain text, unless the cluster's settings say that there is a
// mesh (knative.dev/serving/pkg/activator/net/revision_backends.go).
func checkActivator(t *target.Target, a *ir.App, callers *ir.Node) diag.List {
	const direct = "keep the activator out of the path: scale: {min: 1, burstCapacity: 0}"
	switch told := t.Setting("network", "mesh-compatibility-mode") == "enabled"; {
	case !t.Mesh.InjectedServing:
		return diag.List{callers.KeyErrorf(diag.ActivatorInPath, "requests may come through Knative's activator, which has no sidecar at the target: nobody sees there who sent them").
			WithHint("inject knative-serving, and say so: target: mesh: injectedServing: true; or %s", direct)}
	case a.Spec.Strategy == "service":
		return diag.List{callers.KeyErrorf(diag.ActivatorInPath, "with strategy \"service\" revisions stay that no spec names any more, and can be called through Knative's activator").
			WithHint("leave strategy out, so that a revision that is not declared goes; or %s", direct)}
	case !told && a.Spec.Mesh.MTLS != "strict" && a.Spec.Mesh.MTLS != "disable":
		return diag.List{callers.KeyErrorf(diag.IdentityRequired, "Knative's activator sends requests in plain text, past the mesh, to pods that take it; then no caller gets through it").
			WithHint("mtls: \"strict\"; or, where the cluster has it, target: config: network: \"mesh-compatibility-mode\": \"enabled\"")}
	case !a.Declared() && len(a.Name)+rules.NumberSuffix > rules.MaxLabel:
		return diag.List{rules.AtName(a)(diag.NameTooLong, "%s", rules.NameTooLong(a.Name, rules.NumberSuffix, "the revision that callers are held to"))}
	}
	return nil
}

// admitsGateway reports whether a caller stands for a gateway that Knative
// binds the app to.
func admitsGateway(t *target.Target, a *ir.App) bool {
	for _, g := range t.ExternalGateways(a.RouteLabels()) {
		for _, c := range a.Spec.Mesh.Callers {
			if namespace := g.ServiceNamespace(); c.Namespace == namespace || strings.HasPrefix(c.ServiceAccount, namespace+"/") {
				return true
			}
		}
	}
	return false
}
