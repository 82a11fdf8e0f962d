package mesh

import (
	"slices"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// bypassRules are the rules of this file.
var bypassRules = rules.Set{
	App:      []func(*target.Target, *ir.App) diag.List{checkSidecarBypass},
	Revision: []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkProxyID, checkSidecarPorts},
}

// EnforcedField is the first field of an app's mesh that its sidecar enforces;
// nil if there is none. "mtls" is one only where it is strict.
func EnforcedField(a *ir.App) *ir.Node {
	mesh := a.Node.Field("mesh")
	for _, name := range []string{"callers", "jwt", "mtls", "egress", "rateLimit", "resilience"} {
		n := mesh.Field(name)
		if n != nil && (name != "mtls" || n.Text == "strict") {
			return n
		}
	}
	return nil
}

// checkSidecarBypass reports labels and annotations that take the pods, a port or a
// policy out of what the sidecar enforces, on an app that has something for it
// to enforce.
func checkSidecarBypass(_ *target.Target, a *ir.App) (diags diag.List) {
	enforced := EnforcedField(a)
	if enforced == nil {
		return nil
	}
	for _, metadata := range []*ir.Node{a.Node.Field("labels"), a.Node.Field("annotations")} {
		for _, n := range metadata.Fields() {
			reserved := target.Annotation(n.Name).Place == target.Nowhere || metadata.Name == "labels" && target.Label(n.Name).Place == target.Nowhere
			if why := target.Bypassed(n.Name, n.Text); why != "" && !reserved {
				diags.Add(n.KeyErrorf(diag.SidecarBypass, "%s: %q does not go with %s of mesh: %s", n.Name, n.Text, enforced.Name, why).
					WithRelated(enforced.Key, "%s", enforced.Name).
					WithHint("remove it, or %s", enforced.Name))
			}
		}
	}
	return diags
}

// checkProxyID keeps the containers of pods with a sidecar from its user and
// its group: the pod's network rules pass by what either sends.
func checkProxyID(_ *target.Target, a *ir.App, r *ir.Revision) (diags diag.List) {
	if m := a.Spec.Mesh; m == nil || m.Ambient || m.WithoutSidecars() {
		return nil
	}
	for _, c := range r.Containers() {
		security := c.Node.Field("security")
		ids := []struct {
			field string
			id    *int64
		}{{"user", c.Spec.Security.User}, {"group", c.Spec.Security.Group}}
		for _, i := range ids {
			if i.id != nil && *i.id == target.ProxyID {
				diags.Add(security.Field(i.field).Errorf(diag.ReservedUser, "%s is %d, the sidecar's: what the container sends and gets would pass the sidecar by", i.field, target.ProxyID))
			}
		}
	}
	return diags
}

// checkSidecarPorts keeps apps with a sidecar from the ports that it listens on.
func checkSidecarPorts(_ *target.Target, a *ir.App, r *ir.Revision) (diags diag.List) {
	if m := a.Spec.Mesh; m == nil || m.Ambient || m.WithoutSidecars() {
		return nil
	}
	for _, c := range r.Containers() {
		if n := c.Node.Field("port"); n != nil && slices.Contains(target.SidecarPorts, c.Spec.Port) {
			diags.Add(n.Errorf(diag.ReservedPort, "the mesh's sidecar listens on port %d in every pod", c.Spec.Port).
				WithHint("choose another, such as 8080"))
		}
	}
	return diags
}
