package conflicts

import (
	"github.com/belay-sh/belay/compiler/rules/mesh"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// NamespacesWithoutSidecars are what a spec says of sidecars in its namespaces.
func NamespacesWithoutSidecars(c *ir.Checked) (claims []ReservedName) {
	for _, ns := range c.Namespaces {
		inject := ns.Node.Field("inject")
		if inject != nil && inject.Text == "false" {
			claims = append(claims, ReservedName{Namespace: ns.Name, What: "inject", At: inject.Key, Path: inject.Path(), identity: withoutSidecars})
		}
	}
	return claims
}

// sidecarsOf returns the fields of an app that need a sidecar, for which its
// namespace must permit injection.
func sidecarsOf(a *ir.App) []ReservedName {
	m := a.Spec.Mesh
	if m == nil || m.Ambient || m.WithoutSidecars() {
		return nil
	}
	n := a.Node.Field("mesh")
	if enforced := mesh.EnforcedField(a); enforced != nil {
		n = enforced
	}
	c := nameAt(a, n, true, "", n.Name+" of app "+a.Name)
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
