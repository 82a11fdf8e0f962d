package check

import (
	"slices"

	"github.com/belay-sh/belay/compiler/rules/cluster"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// newPlatform decodes and checks the install of Knative, and adds to the target
// what follows from it. It returns nil if there is none, or if it has errors.
//
// With hooks the bundle is one for Argo CD, which can run jobs.
func newPlatform(t *target.Target, n *ir.Node, hooks bool) (*ir.Platform, diag.List) {
	if n == nil {
		return nil, nil
	}
	walk := typechecker{target: t}
	walk.checkValue(n, schema.Document.Field("platform").Type)
	if walk.omitted.nodes[n] {
		return nil, walk.diags
	}
	n = walk.omitted.without(n)
	p := &ir.Platform{Node: n}
	decode(n, &p.Spec)
	diags := append(walk.diags, walk.omitted.silence(cluster.CheckPlatform(t, p, hooks))...)
	if diags.HasErrors() {
		return nil, diags
	}
	return p, append(diags, cluster.CheckPrivateRoutes(t, n)...)
}

// withServing adds the namespace that Knative is installed in, unless the spec
// has it; in either case with the sidecars that the target says it has.
func withServing(t *target.Target, all []ir.Namespace, platform *ir.Node) []ir.Namespace {
	i := slices.IndexFunc(all, func(ns ir.Namespace) bool { return ns.Name == ir.ServingNamespace })
	if i < 0 {
		i, all = len(all), append(all, ir.Namespace{Name: ir.ServingNamespace, Node: platform})
	}
	if ns := &all[i].Spec; t.Mesh.InjectedServing && ns.Inject == nil && ns.Revision == "" && !ns.IsAmbient() {
		ns.Inject = &t.Mesh.InjectedServing
	}
	return all
}
