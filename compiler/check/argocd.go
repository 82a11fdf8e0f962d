package check

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// checkArgoCD holds what Argo CD is told to the clusters that the target has.
// It returns nil if there is nothing, or mistakes in it.
func checkArgoCD(t *target.Target, n *ir.Node) (*schema.ArgoCD, diag.List) {
	if n == nil {
		return nil, nil
	}
	walk := conformer{target: t}
	walk.value(n, schema.Document.Field("argocd").Type)
	mesh := n.Field("mesh")
	var diags diag.List
	switch {
	case walk.left.nodes[n]:
	case t.Mesh.Separate && mesh == nil:
		diags.Add(n.KeyErrorf(diag.MissingField, "argocd lacks the field mesh: the target's mesh is a cluster of its own, and Argo CD must know it").
			WithHint(`mesh: name: "…", the cluster's name in Argo CD`))
	case !t.Mesh.Separate && mesh != nil:
		diags.Add(mesh.KeyErrorf(diag.MisplacedField, "the target's mesh is not a cluster of its own: nothing goes to this one").
			WithHint(`say so: target: mesh: cluster: "separate"`))
	}
	if diags = append(walk.diags, walk.left.silence(diags)...); diags.HasErrors() {
		return nil, diags
	}
	spec := &schema.ArgoCD{}
	decode(n, spec)
	return spec, diags
}
