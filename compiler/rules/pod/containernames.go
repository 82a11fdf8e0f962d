package pod

import (
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// containerNameRules are the rules of this file.
var containerNameRules = rules.Set{
	Revision: []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkContainerNames},
}

// reservedContainers are names that Knative and Istio take in every pod.
var reservedContainers = map[string]string{
	"user-container":   "belay calls the app's own container so",
	"queue-proxy":      "Knative's own container is called so",
	"istio-proxy":      "the mesh's sidecar is called so",
	"istio-init":       "the mesh's init container is called so",
	"istio-validation": "the mesh's init container is called so",
}

// checkContainerNames reports containers with reserved names, and two with the
// same name.
func checkContainerNames(_ *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	sidecars := r.Node.Field("sidecars")
	for _, c := range r.Containers() {
		if why, ok := reservedContainers[c.Name]; ok {
			diags.Add(c.Node.KeyErrorf(diag.ReservedName, "a container can't be called %s: %s", c.Name, why))
		}
		if other := sidecars.Field(c.Name); c.Role == ir.Init && other != nil {
			last, first := c.Node, other
			if first.Key.Compare(last.Key) > 0 {
				last, first = first, last
			}
			diags.Add(last.KeyErrorf(diag.DuplicateName, "an init container and a sidecar are both called %s", c.Name).
				WithRelated(first.Key, "the other one"))
		}
	}
	return diags
}
