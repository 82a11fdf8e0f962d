package check

import (
	"github.com/belay-sh/belay/compiler/rules/cluster"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// newArgoCD decodes and checks what the spec says of Argo CD. It returns nil if
// there is nothing, or if it has errors.
func newArgoCD(t *target.Target, n *ir.Node) (*schema.ArgoCD, diag.List) {
	if n == nil {
		return nil, nil
	}
	walk := typechecker{target: t}
	walk.checkValue(n, schema.Document.Field("argocd").Type)
	diags := walk.diags
	if !walk.omitted.nodes[n] {
		diags = append(diags, walk.omitted.silence(cluster.CheckArgoCD(t, n))...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	spec := &schema.ArgoCD{}
	decode(n, spec)
	return spec, diags
}
