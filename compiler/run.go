package compiler

import (
	"runtime"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/policy"
)

// A Run is what the specs of a run compile to.
type Run struct {
	Bundles  []ir.Bundle // one for each target, sorted by its name
	Coverage bundle.Coverage
	Apps     map[App]Place // where each app is declared
	Warnings map[App]diag.List
}

// Only returns the bundle of a run for one target. The error is a
// bundle.SeveralTargetsError.
func (r Run) Only() (ir.Bundle, error) { return bundle.Only(r.Bundles) }

// An App is the name of an app of a run.
type App struct{ Target, Namespace, Name string }

// A Place is where something is written, and its path in the spec.
type Place struct {
	At   diag.Range
	Path string
}

// run is what the units of a run have in common.
type run struct {
	opts      Options
	units     []*load.Unit
	locks     *locks
	policy    *policy.Policy
	owners    *owners // nil in a run that only checks
	limiter   *limiter
	workers   *workers
	selection *bundle.Selection
}

// newRun finds the units that paths name, and reads the policy of the run. The
// error is about a path as such.
func newRun(paths []string, opts Options, l *limiter) (*run, diag.List, error) {
	units, err := load.FindUnits(paths, opts.Options)
	if err != nil {
		return nil, nil, err
	}
	r := &run{
		opts: opts, units: units, locks: newLocks(opts, paths, units),
		limiter: l, workers: newWorkers(runtime.GOMAXPROCS(0)), selection: &bundle.Selection{Target: opts.Target, Apps: opts.Apps},
	}
	diags, err := r.readPolicy()
	return r, diags, err
}

// merge makes the bundles of a run of its units, and reports what concerns
// several of them. With errors there are no bundles.
func (r *run) merge(units []compiledUnit) (Run, diag.List, error) {
	var diags diag.List
	var specs []bundle.Spec
	for _, u := range units {
		diags.Add(u.diags...)
		if u.spec != nil {
			specs = append(specs, *u.spec)
		}
	}
	bundles, more := bundle.Merge(specs)
	diags.Add(more...)
	diags.Add(r.ofRun()...)
	diags.Add(tooManyObjects(units, r.opts.Limits.Objects)...)
	if !diags.HasErrors() { // beside errors, what is only worth a note distracts
		diags.Add(unsetTargets(units, r.opts.TargetUnset)...)
	}
	diags = diags.Sorted()
	if err := r.unknownTarget(units); err != nil {
		return Run{}, nil, err
	}
	if diags.HasErrors() {
		return Run{}, diags, nil
	}
	if err := r.selection.UnknownApps(); err != nil {
		return Run{}, diags, err
	}
	return Run{
		Bundles: r.selection.Bundles(bundles), Coverage: r.owners.coverage(units),
		Apps: places(units), Warnings: warnings(units, diags),
	}, diags, nil
}

// ofRun reports what is wrong with the tags and the locks of the run, after its
// units have been loaded.
func (r *run) ofRun() (diags diag.List) {
	if !r.opts.Part {
		diags.Add(load.UnusedTags(r.units)...)
	}
	return append(diags, r.locks.diags()...)
}

// unknownTarget returns an error for a run for a target that no spec has, unless
// a spec that might have it could not be read.
func (r *run) unknownTarget(units []compiledUnit) error {
	if r.opts.Target == "" {
		return nil
	}
	var declared []bundle.Declaration
	for _, u := range units {
		if u.spec != nil {
			declared = append(declared, u.spec.Declared)
		} else if u.diags.HasErrors() {
			return nil
		}
	}
	return r.selection.UnknownTarget(declared)
}

func places(units []compiledUnit) map[App]Place {
	all := map[App]Place{}
	for _, u := range units {
		for _, a := range u.apps {
			all[a.app] = a.place
		}
	}
	return all
}
