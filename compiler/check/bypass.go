package check

import (
	"slices"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// enforcedField is the first field of an app's mesh that its sidecar enforces;
// nil if there is none. "mtls" is one only where it is strict.
func enforcedField(a *ir.App) *ir.Node {
	mesh := a.Node.Field("mesh")
	for _, name := range []string{"callers", "jwt", "mtls", "egress", "rateLimit", "resilience"} {
		n := mesh.Field(name)
		if n != nil && (name != "mtls" || n.Text == "strict") {
			return n
		}
	}
	return nil
}

// checkBypass reports labels and annotations that take the pods, a port or a
// policy out of what the sidecar enforces, on an app that has something for it
// to enforce.
func checkBypass(_ *target.Target, a *ir.App) (diags diag.List) {
	enforced := enforcedField(a)
	if enforced == nil {
		return nil
	}
	for _, metadata := range []*ir.Node{a.Node.Field("labels"), a.Node.Field("annotations")} {
		for _, n := range children(metadata) {
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
	if m := a.Spec.Mesh; m == nil || m.Ambient || outside(m) {
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
	if m := a.Spec.Mesh; m == nil || m.Ambient || outside(m) {
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

// NamespaceClaims are what a spec says of sidecars in its namespaces.
func NamespaceClaims(c *ir.Checked) (claims []ReservedName) {
	for _, ns := range c.Namespaces {
		inject := ns.Node.Field("inject")
		if inject != nil && inject.Text == "false" {
			claims = append(claims, ReservedName{Namespace: ns.Name, What: "inject", At: inject.Key, Path: inject.Path(), identity: withoutSidecars})
		}
	}
	return claims
}

// sidecarClaims are what of an app needs a sidecar that its namespace lets in.
func sidecarClaims(a *ir.App) []ReservedName {
	m, mesh := a.Spec.Mesh, a.Node.Field("mesh")
	if m == nil || m.Ambient || outside(m) {
		return nil
	}
	n := mesh
	if enforced := enforcedField(a); enforced != nil {
		n = enforced
	}
	c := claim(a, n, true, "", n.Name+" of app "+a.Name)
	c.identity = needsSidecar
	return []ReservedName{c}
}

// checkInjection reports apps with a sidecar in namespaces that have none: the
// injector looks at the namespace first, and at a pod only if that lets it.
func checkInjection(claims []ReservedName) (diags diag.List) {
	without := map[string]ReservedName{}
	for _, c := range claims {
		if c.identity == withoutSidecars {
			without[c.Namespace] = c
		}
	}
	for _, app := range claims {
		ns, ok := without[app.Namespace]
		if app.identity != needsSidecar || !ok {
			continue
		}
		first, last := app, ns
		if first.At.Compare(last.At) > 0 {
			first, last = last, first
		}
		d := diag.Diagnostic{Code: diag.InjectionConflict, Severity: diag.Error, At: last.At, Path: last.Path,
			Message: app.What + " needs a sidecar, and the namespace " + app.Namespace + " gets none: inject is false there"}
		diags.Add(d.WithRelated(first.At, "%s", first.What).WithHint("set inject: true in the namespace, or leave it out"))
	}
	return diags
}
