package check

import (
	"fmt"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// checkMTLS tells strict mTLS where Knative's own components have no sidecar:
// the activator's requests and the autoscaler's scraping would be refused.
func checkMTLS(t *target.Target, a *ir.App) diag.List {
	mtls := a.Node.Field("mesh").Field("mtls")
	if mtls == nil || mtls.Text != "strict" {
		return nil
	}
	return checkStrict(t, mtls)
}

// checkStrict tells a policy of strict mTLS that the target can't do.
func checkStrict(t *target.Target, mtls *ir.Node) diag.List {
	if t.Mesh.InjectedServing {
		return nil
	}
	return diag.List{mtls.Errorf(diag.StrictWithoutInjectedServing, "strict mTLS shuts out Knative's activator and autoscaler, which have no sidecar at the target").
		WithHint("inject knative-serving, and say so: target: mesh: injectedServing: true; or set mtls: \"permissive\"")}
}

// outside reports whether an app's pods are to have no sidecar.
func outside(m *schema.Mesh) bool { return m.Inject != nil && !*m.Inject }

// sidecarFields are the fields of mesh that do nothing without a sidecar.
var sidecarFields = []string{"callers", "jwt", "mtls", "telemetry", "egress", "resilience", "rateLimit"}

// checkSidecar holds what the sidecar does to there being one.
func checkSidecar(_ *target.Target, a *ir.App) (diags diag.List) {
	if a.Spec.Mesh == nil || !outside(a.Spec.Mesh) {
		return nil
	}
	mesh := a.Node.Field("mesh")
	for _, name := range sidecarFields {
		n := mesh.Field(name)
		if n == nil || name == "mtls" && n.Text != "strict" {
			continue
		}
		if name != "resilience" || n.Field("connectionPool") != nil || n.Field("outlier") != nil { // the rest is the gateway's
			diags.Add(n.KeyErrorf(diag.SidecarRequired, "%s is a matter of the sidecar, and inject is false", name).
				WithRelated(mesh.Field("inject").Key, "inject"))
		}
	}
	return diags
}

// checkAmbient holds an app without sidecars to what is enforced there wherever
// a request comes from. The node's proxy knows connections alone; a waypoint
// looks at requests, but only at those that are led through it.
func checkAmbient(_ *target.Target, a *ir.App) (diags diag.List) {
	m, mesh := a.Spec.Mesh, a.Node.Field("mesh")
	if m == nil {
		return nil
	}
	if waypoint := mesh.Field("waypoint"); waypoint != nil && !m.Ambient {
		diags.Add(waypoint.KeyErrorf(diag.MisplacedField, "waypoint goes with ambient: true"))
	}
	if !m.Ambient {
		return diags
	}
	ambient := mesh.Field("ambient")
	if inject := mesh.Field("inject"); inject != nil && inject.Text == "true" {
		diags.Add(inOrder(ambient, inject, diag.InjectionConflict, "pods join the mesh with a sidecar or without: ambient and inject are both true"))
	}
	for _, name := range []string{"callers", "jwt", "egress", "rateLimit"} {
		if n := mesh.Field(name); n != nil {
			diags.Add(n.KeyErrorf(diag.AmbientUnsupported, "%s is held to by sidecars, and ambient has none", name).WithRelated(ambient.Key, "ambient"))
		}
	}
	if mtls := mesh.Field("mtls"); mtls != nil && m.MTLS == "disable" {
		diags.Add(mtls.Errorf(diag.AmbientUnsupported, "ambient takes mTLS off for nobody; it takes \"strict\" or \"permissive\"").WithRelated(ambient.Key, "ambient"))
	}
	for _, name := range []string{"tracing", "accessLog", "metrics"} {
		if n := mesh.Field("telemetry").Field(name); n != nil && m.Waypoint == "" {
			diags.Add(n.KeyErrorf(diag.AmbientUnsupported, "%s is about requests, which ambient sees at a waypoint alone", name).
				WithHint("name the app's: waypoint: \"waypoint\""))
		}
	}
	return diags
}

// checkCallers holds callers to what they are told by wherever a request comes
// from, a certificate, and to being told by it everywhere.
func checkCallers(t *target.Target, a *ir.App) (diags diag.List) {
	mesh := a.Node.Field("mesh")
	n := mesh.Field("callers")
	if n == nil || a.Spec.Mesh.Ambient || outside(a.Spec.Mesh) {
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

// checkActivator holds callers to what Knative's activator can be held to, and
// the activator to its own certificate: it addresses pods one by one, past the
// mesh, as long as these take plain text or nobody tells it of the mesh
// (knative.dev/serving/pkg/activator/net/revision_backends.go).
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
	case !a.Declared() && len(a.Name)+numberSuffix > maxLabel:
		return diag.List{atName(a)(diag.NameTooLong, "%s", tooLongMessage(a.Name, numberSuffix, "the revision that callers are held to"))}
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

// checkInternalTLS tells policies on requests where Knative's own TLS hides
// requests from sidecars: to those it is one more TCP connection.
func checkInternalTLS(t *target.Target, a *ir.App) (diags diag.List) {
	if !strings.EqualFold(t.Setting("network", "system-internal-tls"), "enabled") {
		return nil
	}
	for _, name := range []string{"callers", "jwt", "rateLimit"} {
		if n := a.Node.Field("mesh").Field(name); n != nil {
			diags.Add(n.KeyErrorf(diag.InternalTLS, "%s looks at requests, and Knative's own TLS at the target (system-internal-tls) hides them from the sidecars", name).
				WithHint("let the mesh encrypt alone: target: config: network: \"system-internal-tls\": \"disabled\""))
		}
	}
	return diags
}
