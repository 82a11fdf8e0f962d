package check

import (
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
	walk := conformer{target: t}
	walk.value(n, schema.Document.Field("argocd").Type)
	diags := walk.diags
	if !walk.left.nodes[n] {
		diags = append(diags, walk.left.silence(checkArgoCD(t, n))...)
	}
	if diags.HasErrors() {
		return nil, diags
	}
	spec := &schema.ArgoCD{}
	decode(n, spec)
	return spec, diags
}

// checkArgoCD compares the clusters that Argo CD is to apply to with those of
// the target.
func checkArgoCD(t *target.Target, n *ir.Node) diag.List {
	mesh := n.Field("mesh")
	switch {
	case t.Mesh.Separate && mesh == nil:
		return diag.List{n.KeyErrorf(diag.MissingField, "argocd lacks the field mesh: the target's mesh is a cluster of its own, and Argo CD must know it").
			WithHint(`mesh: name: "…", the cluster's name in Argo CD`)}
	case !t.Mesh.Separate && mesh != nil:
		return diag.List{mesh.KeyErrorf(diag.MisplacedField, "the target's mesh is not a cluster of its own: nothing goes to this one").
			WithHint(`say so: target: mesh: cluster: "separate"`)}
	}
	return nil
}
