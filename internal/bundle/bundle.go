// Package bundle makes the bundles of a run out of what its specs compile to:
// one for each target, with what contradicts itself reported. It also decides
// which spec owns a file of a rendered directory, and so what a run may write
// and remove there. It is pure.
package bundle

import (
	"cmp"
	"slices"

	"github.com/belay-sh/belay/compiler/conflicts"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A Spec is what one spec of a run compiles to.
type Spec struct {
	Owner    Owner
	Declared Declaration // its target
	Manifest ir.Bundle   // what it emits; empty if there are errors in it

	Names      []conflicts.ReservedName // that it takes
	Singletons []conflicts.Singleton    // that it declares
}

// Merge returns the bundles of a run, one for each target, sorted by the name
// of the target. Specs that contradict each other are reported.
func Merge(specs []Spec) ([]ir.Bundle, diag.List) {
	diags := conflictsOf(specs)
	specs = slices.DeleteFunc(slices.Clone(specs), func(s Spec) bool { return s.Declared.empty })
	diags.Add(unnamed(specs)...)
	var merged []ir.Bundle
	for _, group := range byTarget(specs) {
		diags.Add(contradictions(group)...)
		merged = append(merged, merge(group))
	}
	diags.Add(sameApplications(specs)...)
	return merged, diags
}

// conflictsOf reports what specs for one target take or declare that they can't
// have both.
func conflictsOf(specs []Spec) (diags diag.List) {
	for _, group := range byTarget(specs) {
		var names []conflicts.ReservedName
		var singletons []conflicts.Singleton
		for _, s := range group {
			names = append(names, s.Names...)
			singletons = append(singletons, s.Singletons...)
		}
		diags.Add(conflicts.Check(names)...)
		diags.Add(conflicts.CheckSingletons(singletons)...)
	}
	return diags
}

// byTarget groups specs by the name of their target, sorted by that name.
func byTarget(specs []Spec) (groups [][]Spec) {
	if len(specs) > 0 && !slices.ContainsFunc(specs, func(s Spec) bool { return s.Declared.Name() != specs[0].Declared.Name() }) {
		return [][]Spec{specs} // as nearly always, and not copied
	}
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
func merge(group []Spec) ir.Bundle {
	m := ir.Bundle{Target: group[0].Declared.Name()}
	for _, s := range group {
		s.own()
		m.Objects = append(m.Objects, s.Manifest.Objects...)
		m.Hooks = append(m.Hooks, s.Manifest.Hooks...)
		m.Revisions = append(m.Revisions, s.Manifest.Revisions...)
		m.Apps = append(m.Apps, s.Manifest.Apps...)
		m.Separate = m.Separate || s.Manifest.Separate
		m.ArgoCD = cmp.Or(m.ArgoCD, s.Manifest.ArgoCD)
		m.ArgoCDOwners = append(m.ArgoCDOwners, s.Manifest.ArgoCDOwners...)
		m.Remote = join(m.Remote, s.Manifest.Remote)
	}
	slices.Sort(m.ArgoCDOwners)
	m.Objects, m.Hooks = sorted(m.Objects), sorted(m.Hooks)
	return m
}

// own names the spec as the owner of all that it emits.
func (s *Spec) own() {
	owners := []string{s.Owner.String()}
	for i := range s.Manifest.Objects {
		s.Manifest.Objects[i].Owners = owners
	}
	for i := range s.Manifest.Hooks {
		s.Manifest.Hooks[i].Owners = owners
	}
	if s.Manifest.ArgoCD != nil {
		s.Manifest.ArgoCDOwners = owners
	}
	if s.Manifest.Remote != nil {
		s.Manifest.Remote.Owners = owners
	}
}

// join returns the remote part of a bundle that two specs share, or the only
// one.
func join(a, b *ir.Remote) *ir.Remote {
	if a == nil || b == nil {
		return cmp.Or(a, b)
	}
	both := *a
	both.Owners = append(slices.Clip(a.Owners), b.Owners...)
	return &both
}

// sorted returns the objects in order, those that several specs share once and
// with all their owners.
func sorted(objects []ir.Object) []ir.Object {
	slices.SortStableFunc(objects, ir.Object.Compare)
	once := objects[:0]
	for _, o := range objects {
		if last := len(once) - 1; last >= 0 && once[last].Same(o) {
			once[last].Owners = append(slices.Clip(once[last].Owners), o.Owners...)
			continue
		}
		once = append(once, o)
	}
	return once
}
