package conflicts

import (
	"github.com/belay-sh/belay/internal/diag"
)

// checkHosts reports the claims of one host but the first. Two Routes or
// tags of one name in one namespace are left out: their names collide already.
func checkHosts(claims []ReservedName) (diags diag.List) {
	routes := map[string]bool{}
	for i, c := range claims {
		known := c.route != "" && routes[c.route]
		routes[c.route] = true
		if i > 0 && !known {
			diags.Add(hostCollision(claims[0], c))
		}
	}
	return diags
}

func hostCollision(first, second ReservedName) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.HostCollision, Severity: diag.Error, At: second.At, Path: second.Path}
	switch {
	case first.route == "" && second.route == "":
		d.Code = diag.DuplicateDomain
		d.Message = "the domain " + second.Name + " is mapped twice; it has one owner in a cluster"
	case second.route == "":
		d.Message = "the domain " + second.Name + " is the host that Knative gives " + first.What + "; requests would go to one of the two"
		d = d.WithHint("remove the domain, or choose one that Knative gives no app")
	case first.route == "":
		d.Message = "Knative gives " + second.What + " the host " + second.Name + ", which is also the " + first.What + "; requests would go to one of the two"
		d = d.WithHint("choose a domain that Knative gives no app, or rename the app or tag")
	default:
		d.Message = "Knative gives " + second.What + " the host " + second.Name + ", and " + first.What + " the same; requests would go to one of the two"
		d = d.WithHint("rename one of them, or use all of {{.Name}}, {{.Namespace}} and {{.Domain}} in the target's domain-template")
	}
	return d.WithRelated(first.At, "%s", first.What)
}
