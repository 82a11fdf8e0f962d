package cluster

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// CheckArgoCD compares the clusters that Argo CD is to apply to with those of
// the target.
func CheckArgoCD(t *target.Target, n *ir.Node) diag.List {
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
