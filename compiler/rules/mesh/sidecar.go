package mesh

import (
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// sidecarRules are the rules of this file.
var sidecarRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkSidecar},
	DependsOn: map[diag.Code][]string{
		diag.SidecarRequired: {"inject", "ambient", "mesh"},
	},
}

// sidecarFields are the fields of mesh that do nothing without a sidecar.
var sidecarFields = []string{"callers", "jwt", "mtls", "telemetry", "egress", "resilience", "rateLimit"}

// checkSidecar reports fields that a sidecar enforces, on an app without one.
func checkSidecar(_ *target.Target, a *ir.App) (diags diag.List) {
	if a.Spec.Mesh == nil || !a.Spec.Mesh.WithoutSidecars() {
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
