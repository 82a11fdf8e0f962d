package compiler

import (
	"cmp"
	"context"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/conflicts"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/lower"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// eachUnit applies a stage to the units of a run, and returns the results in
// their order. The error is the cause of the end of ctx.
func eachUnit[T any](ctx context.Context, r *run, stage func(context.Context, *load.Unit) T) ([]T, error) {
	return each(ctx, r.workers, r.units, func(ctx context.Context, u *load.Unit) T {
		defer r.limiter.trackUnit(u)()
		return stage(ctx, u)
	})
}

// A checkedUnit is a unit after the first two stages.
type checkedUnit struct {
	Checked                     // without a spec if the unit has none, or is another target's
	lock     *pin.Lock          // nil if it is invalid
	isSpec   bool               // the unit is a spec, whose target has no mistakes
	declared bundle.Declaration // of a spec
	diags    diag.List
}

// Checked is a spec after the first two stages.
type Checked struct {
	*ir.Checked
	Path    string            // of the spec, as the caller names it
	Lock    string            // the path of its lock, absolute
	Modules map[string]string // digests of the CUE modules that it may import
}

// check takes a unit through the first two stages. What the caller did not
// select is left out, together with the mistakes of a spec for another target.
func (r *run) check(_ context.Context, u *load.Unit) (out checkedUnit) {
	out.Path, out.lock, out.Lock = u.Path, r.locks.of(u), r.locks.path(u)
	switch {
	case r.opts.ForLockUpdate:
		if u.Options.Modules, out.diags = load.Modules([]*load.Unit{u}); out.diags.HasErrors() {
			return out
		}
	case out.lock != nil && u.Options.Modules == nil:
		u.Options.Modules = out.lock.Modules
	}
	out.Modules = u.Options.Modules
	root, diags := u.Load()
	if root == nil || diags.HasErrors() {
		out.diags = diags
		return out
	}
	checked, more := check.Check(root, r.overrides(out.lock))
	r.limiter.addApps(len(checked.Apps))
	diags.Add(more...)
	out.declared, out.isSpec = bundle.Declare(checked), !diags.HasErrorsBelow("target")
	if out.isSpec && !r.selection.Has(out.declared) {
		return out
	}
	r.selection.Reduce(checked)
	out.Checked.Checked, out.diags = checked, diags
	return out
}

// collect returns the specs of checked units, and what is wrong with them.
func (r *run) collect(units []checkedUnit) (specs []Checked, diags diag.List, err error) {
	for _, u := range units {
		diags.Add(u.diags...)
		if u.Checked.Checked != nil {
			specs = append(specs, u.Checked)
		}
	}
	diags.Add(r.ofRun()...)
	return specs, diags.Sorted(), nil
}

// A compiledUnit is what is left of a unit: not its source tree, so that memory
// does not grow with it.
type compiledUnit struct {
	owner bundle.Owner
	start diag.Range // of the unit
	lost  bool       // the unit is a package without a spec
	emits bool       // the unit is a spec of the run's target
	apps  []placedApp

	spec  *bundle.Spec // nil if the unit is not a spec, or its target has mistakes
	unset *unsetTarget
	diags diag.List
}

// compile takes a unit through all stages.
func (r *run) compile(ctx context.Context, u *load.Unit) (out compiledUnit) {
	c := r.check(ctx, u)
	out.owner, out.start, out.diags = r.owners.of(u), u.Start(), c.diags
	spec := bundle.Spec{Owner: out.owner, Declared: c.declared}
	if c.isSpec {
		out.spec = &spec
	}
	if c.Checked.Checked == nil {
		out.lost = !c.isSpec && !c.diags.HasErrors()
		return out
	}
	out.emits = true
	out.diags.Add(r.permit(c.Checked.Checked, c.diags)...)
	if c.lock != nil { // one that is invalid may name the releases
		out.unset = r.unsetTarget(u, c)
	}
	out.apps = appPlaces(c.Checked.Checked)
	spec.Names, spec.Singletons = reservedNames(c.Checked.Checked), conflicts.Singletons(c.Node)
	out.diags.Add(r.readManifests(c.Checked.Checked)...)
	if c.lock == nil {
		return out
	}
	emitted, names, diags := r.emit(ctx, c)
	spec.Manifest, spec.Names = emitted, append(spec.Names, names...)
	out.diags.Add(diags...)
	return out
}

// emit takes a checked spec through the stages after check: pin, lower and the
// ledger of its lock. With it come the names that the revisions take.
func (r *run) emit(ctx context.Context, c checkedUnit) (ir.Bundle, []conflicts.ReservedName, diag.List) {
	pinned, diags := pin.Apply(c.Checked.Checked, c.lock, cmp.Or(r.opts.MissingPins, diag.Error))
	diags.Add(pin.CheckKinds(c.lock, c.Checked.Checked, r.opts.Replace)...)
	if diags.HasErrors() {
		return ir.Bundle{}, nil, diags
	}
	stage := lower.Lower
	if r.opts.Replay {
		stage = lower.Replay
	}
	m, more := stage(pinned, r.policy, func(n int, call func(int)) { r.workers.forEach(ctx, n, call) })
	diags.Add(more...)
	diags.Add(pin.CheckLedger(c.lock, m.Revisions)...)
	names := conflicts.ReservedRevisionNames(m.Revisions)
	for _, app := range m.Apps {
		diags.Add(pin.CheckTracks(c.lock, app)...)
	}
	releaseTree(&m, c.Lock)
	return m, names, diags
}

// releaseTree notes in a bundle which lock has the ledger of its apps, and drops
// its references to the source tree.
func releaseTree(m *ir.Bundle, lock string) {
	for i := range m.Revisions {
		m.Revisions[i].Node, m.Revisions[i].Lock = nil, lock
	}
	for i := range m.Apps {
		m.Apps[i].Node, m.Apps[i].Lock = nil, lock
	}
}

// reservedNames returns the names that a spec takes, whatever it compiles to.
func reservedNames(c *ir.Checked) (names []conflicts.ReservedName) {
	for _, app := range c.Apps {
		names = append(names, conflicts.ReservedNames(c.Target, app)...)
	}
	return append(names, conflicts.NamespacesWithoutSidecars(c)...)
}

// A placedApp is an app and where it is declared. Most units have one, and a map
// of one takes a kilobyte, a fifth of what is kept of a unit.
type placedApp struct {
	app   App
	place Place
}

// appPlaces returns where the apps of a spec are declared.
func appPlaces(c *ir.Checked) []placedApp {
	places := make([]placedApp, len(c.Apps))
	for i, app := range c.Apps {
		places[i] = placedApp{App{c.Target.Name, app.Namespace, app.Name}, Place{app.Node.Key, app.Node.Path()}}
	}
	return places
}
