// Package rules has what the rules over an app have in common. The rules
// themselves are in packages below it, by what they guard: pod, scaling,
// traffic, mesh, and cluster for what a spec says of its target and platform.
//
// A rule is a pure function from a well-formed app to diagnostics. Each
// diagnostic carries the place in the spec; the page of its code names the
// upstream rule. The order of rules has no effect on the result, because
// diagnostics are sorted.
package rules

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// A Set is rules by what they look at: an app as a whole, each of its
// revisions, or each container of each revision. Each file of rules begins with
// the set of its own.
type Set struct {
	App       []func(*target.Target, *ir.App) diag.List
	Revision  []func(*target.Target, *ir.App, *ir.Revision) diag.List
	Container []func(*target.Target, ir.Container) diag.List

	// DependsOn are the fields that a finding may be a consequence of, by its
	// code: those whose absence makes a rule report it, and those that the rule
	// compares with each other. If one of them is missing because it has a mistake
	// of its own, the finding is not reported.
	DependsOn map[diag.Code][]string
}

// Parts of the target that findings depend on; no field of an app has such a
// name. WholeTarget stands for all of them.
const (
	WholeTarget      = "target."
	TargetKnative    = "target.knative"
	TargetIstio      = "target.istio"
	TargetMesh       = "target.mesh"
	TargetDefaults   = "target.config.defaults"
	TargetFeatures   = "target.config.features"
	TargetAutoscaler = "target.config.autoscaler"
)

// Join returns one set with the rules of all.
func Join(sets ...Set) (all Set) {
	all.DependsOn = map[diag.Code][]string{}
	for _, s := range sets {
		all.App = append(all.App, s.App...)
		all.Revision = append(all.Revision, s.Revision...)
		all.Container = append(all.Container, s.Container...)
		for code, fields := range s.DependsOn {
			all.DependsOn[code] = append(all.DependsOn[code], fields...)
		}
	}
	return all
}

// Check applies the rules to an app. Revisions that exist in the cluster have no
// template that the rules could look at.
func (s Set) Check(t *target.Target, a *ir.App) (diags diag.List) {
	for _, rule := range s.App {
		diags.Add(rule(t, a)...)
	}
	for _, r := range a.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		for _, rule := range s.Revision {
			diags.Add(rule(t, a, r)...)
		}
		for _, c := range r.Containers() {
			for _, rule := range s.Container {
				diags.Add(rule(t, c)...)
			}
		}
	}
	return diags
}
