package pod

import (
	"github.com/belay-sh/belay/compiler/kubernetes"
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// quantityRules are the rules of this file.
var quantityRules = rules.Set{
	Container: []func(*target.Target, ir.Container) diag.List{checkQuantities},
}

// checkQuantities reports amounts of resources that Kubernetes accepts and
// nobody means. Patches are validated by the same functions, in the objects.
func checkQuantities(_ *target.Target, c ir.Container) (diags diag.List) {
	resources := c.Node.Field("resources")
	for _, q := range resources.Field("requests").Fields() {
		diags.Add(place(q, kubernetes.Request(q.Name, q.Text))...)
	}
	for _, q := range resources.Field("limits").Fields() {
		diags.Add(place(q, kubernetes.Limit(q.Name, q.Text))...)
	}
	for _, m := range c.Node.Field("mounts").Fields() {
		if limit := m.Field("emptyDir").Field("sizeLimit"); limit != nil {
			diags.Add(place(limit, kubernetes.SizeLimit(limit.Text))...)
		}
	}
	return diags
}
