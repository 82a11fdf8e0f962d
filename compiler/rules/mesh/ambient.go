package mesh

import (
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// ambientRules are the rules of this file.
var ambientRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkAmbient},
	DependsOn: map[diag.Code][]string{
		diag.AmbientUnsupported: {rules.TargetIstio, rules.TargetMesh, "ambient", "waypoint", "mtls"},
	},
}

// checkAmbient reports fields that nothing enforces for an app without
// sidecars. The node's proxy sees connections alone; a waypoint sees requests,
// but only those that are sent through it.
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
		diags.Add(rules.InOrder(ambient, inject, diag.InjectionConflict, "pods join the mesh with a sidecar or without: ambient and inject are both true"))
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
