// Package bundle makes the bundles of a run out of what its specs compile to:
// one for each target, with what contradicts itself reported. It also decides
// which spec owns a file of a rendered directory, and so what a run may write
// and remove there. It is pure.
package bundle

import (
	"cmp"
	"slices"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
)

// A Spec is what one spec of a run compiles to.
type Spec struct {
	Declared Declaration // its target
	Manifest ir.Manifest // what it emits; empty if there are errors in it
}

// Merge returns the bundles of a run, one for each target, sorted by the name
// of the target. Specs that contradict each other are reported.
func Merge(specs []Spec) ([]ir.Manifest, diag.List) {
	diags := unnamed(specs)
	var merged []ir.Manifest
	for _, group := range byTarget(specs) {
		diags.Add(contradictions(group)...)
		merged = append(merged, merge(group))
	}
	diags.Add(sameApplications(specs)...)
	return merged, diags
}

// byTarget groups specs by the name of their target, sorted by that name.
func byTarget(specs []Spec) (groups [][]Spec) {
	byName := map[string][]Spec{}
	for _, s := range specs {
		name := s.Declared.Name()
		byName[name] = append(byName[name], s)
	}
	for _, name := range ir.Sorted(byName) {
		groups = append(groups, byName[name])
	}
	return groups
}

// merge puts the manifests of specs for one target together. Their targets do
// not contradict each other, and what they share is alike: so whether the mesh
// is separate, the argocd and the remote part are those of any spec that has them.
func merge(group []Spec) ir.Manifest {
	m := ir.Manifest{Target: group[0].Declared.Name()}
	for _, s := range group {
		m.Objects = append(m.Objects, s.Manifest.Objects...)
		m.Hooks = append(m.Hooks, s.Manifest.Hooks...)
		m.Revisions = append(m.Revisions, s.Manifest.Revisions...)
		m.Apps = append(m.Apps, s.Manifest.Apps...)
		m.Separate = m.Separate || s.Manifest.Separate
		m.ArgoCD = cmp.Or(m.ArgoCD, s.Manifest.ArgoCD)
		m.Remote = cmp.Or(m.Remote, s.Manifest.Remote)
	}
	m.Objects, m.Hooks = sorted(m.Objects), sorted(m.Hooks)
	return m
}

// sorted returns the objects in order, those that several specs share once.
func sorted(objects []ir.Object) []ir.Object {
	slices.SortStableFunc(objects, ir.Object.Compare)
	return slices.CompactFunc(objects, ir.Object.Same)
}
