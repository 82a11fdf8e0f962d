// Package compiler is the spine: it runs the stages over the units that the
// user named, many at a time, and gathers what they say. Every front end calls
// Compile and nothing below it.
//
//	load -> check -> pin -> lower
//
// Effects are in load, which reads files. Emitting and writing are the front
// end's, since it knows what bytes its host wants.
package compiler

import (
	"cmp"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/conflicts"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/lower"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/policy"
)

// Options of a run.
type Options struct {
	load.Options
	check.Overrides // what the caller sets instead of the spec

	Repository string // the directory that owners of files are relative to, instead of the one that is found; absolute

	Part     bool                 // the paths are a part of what the caller's flags are for: a tag may be for others
	Target   string               // only specs whose target has this name; all if empty
	Apps     []string             // only these apps, by name or namespace/name; all if empty
	LockFile string               // the lock for all units, instead of the nearest one; absolute
	Locks    map[string]*pin.Lock // locks in memory, by absolute path, instead of files
	Pins     map[string]pin.Entry // digests that go before those of any lock, by reference

	// Policy is what the specs may emit: the name of a policy, or the path of a
	// file with one. A run that is confined has the policy "tenant" if it is "".
	Policy string

	MissingPins diag.Severity // of an image without a digest; an error if empty
	TargetUnset diag.Severity // of a target whose release neither spec nor lock names; not reported if empty
	Replace     bool          // accept that an app changes its kind
	Replay      bool          // compile what an empty cluster is to be given first, and nothing else: see lower.Replay

	// ForLockUpdate is set for a run that computes new locks: it accepts locks in
	// any form, and computes the digests of the CUE modules that specs import.
	ForLockUpdate        bool
	IgnoreLockedReleases bool // compile for the newest releases instead of a lock's
}

// A Run is what the specs of a run compile to.
type Run struct {
	Bundles  []ir.Bundle // one for each target, sorted by its name
	Coverage bundle.Coverage
	Apps     map[App]Place // where each app is declared
	Warnings map[App]diag.List
}

// Only returns the bundle of a run for one target. The error is a
// SeveralTargetsError.
func (r Run) Only() (ir.Bundle, error) { return bundle.Only(r.Bundles) }

// SeveralTargetsError is what Compile returns for specs for several targets. How
// the user chooses one is the front end's to say.
type SeveralTargetsError = bundle.SeveralTargetsError

// An App is the name of an app of a run.
type App struct{ Target, Namespace, Name string }

// A Place is where something is written, and its path in the spec.
type Place struct {
	At   diag.Range
	Path string
}

// Compile compiles the specs that paths name, which are for one target. The
// manifest is sorted, and whole: with errors in the list it is empty. The error
// is about a path as such, or about specs for several targets.
func Compile(paths []string, opts Options) (ir.Bundle, diag.List, error) {
	run, diags, err := CompileAll(paths, opts)
	if err != nil || diags.HasErrors() {
		return ir.Bundle{}, diags, err
	}
	m, err := run.Only()
	return m, diags, err
}

// CompileAll compiles the specs that paths name. The bundles are sorted, and
// whole: with errors in the list there are none. The error is about a path as
// such.
func CompileAll(paths []string, opts Options) (Run, diag.List, error) {
	return runLimited(opts.Limits, func(w *limiter) (Run, diag.List, error) { return compile(paths, opts, w) })
}

var prepare = sync.OnceFunc(admission.WarmCaches)

// Prepare is admission.WarmCaches, once in a process. Compile calls it; a front end that is
// still reading what to compile can do so before.
func Prepare() { prepare() }

func compile(paths []string, opts Options, w *limiter) (Run, diag.List, error) {
	go func() {
		defer fault.Exit()
		Prepare()
	}()
	units, err := load.FindUnits(paths, opts.Options)
	if err != nil {
		return Run{}, nil, err
	}
	r := newRun(opts, w, paths, units)
	if diags, err := r.readPolicy(); err != nil || diags.HasErrors() {
		return Run{}, diags, err
	}
	r.owners = newOwners(opts, paths, units)
	compiled := each(units, r.compile)
	bundles, diags := r.merge(units, compiled)
	if !opts.Part {
		diags.Add(load.UnusedTags(units)...)
	}
	diags.Add(r.locks.diags()...)
	if !diags.HasErrors() { // beside errors, what is only worth a note distracts
		diags.Add(unsetTargets(compiled, opts.TargetUnset)...)
	}
	diags = diags.Sorted()
	if err := r.unknownTarget(compiled, diags); err != nil {
		return Run{}, nil, err
	}
	if diags.HasErrors() {
		return Run{}, diags, nil
	}
	if err := r.selection.UnknownApps(); err != nil {
		return Run{}, diags, err
	}
	return Run{Bundles: bundles, Coverage: r.owners.coverage(compiled), Apps: places(compiled), Warnings: warnings(compiled, diags)}, diags, nil
}

func places(compiled []compiled) map[App]Place {
	all := map[App]Place{}
	for _, c := range compiled {
		for app, place := range c.apps {
			all[app] = place
		}
	}
	return all
}

// merge puts together what the units compile to. Names, shared things and
// limits are those of one target.
func (r *run) merge(units []*load.Unit, compiled []compiled) ([]ir.Bundle, diag.List) {
	var diags diag.List
	var specs []bundle.Spec
	claims, shared := map[string][]conflicts.ReservedName{}, map[string][]conflicts.Singleton{}
	for _, c := range compiled {
		diags.Add(c.diags...)
		if !c.isSpec {
			continue
		}
		specs = append(specs, bundle.Spec{Owner: c.owner, Declared: c.declared, Manifest: c.manifest})
		name := c.declared.Name()
		claims[name] = append(claims[name], c.claims...)
		shared[name] = append(shared[name], c.shared...)
	}
	for _, name := range ir.Sorted(claims) {
		diags.Add(conflicts.Check(claims[name])...)
		diags.Add(conflicts.CheckSingletons(shared[name])...)
	}
	diags.Add(tooManyObjects(units, compiled, r.opts.Limits.Objects)...)
	bundles, more := bundle.Merge(specs)
	diags.Add(more...)
	return slices.DeleteFunc(bundles, func(m ir.Bundle) bool { return r.opts.Target != "" && m.Target != r.opts.Target }), diags
}

// unknownTarget is the error of a run for a target that no spec has, unless a
// spec could not be read that might have it.
func (r *run) unknownTarget(compiled []compiled, diags diag.List) error {
	if r.opts.Target == "" {
		return nil
	}
	var declared []bundle.Declaration
	for _, c := range compiled {
		if c.isSpec {
			declared = append(declared, c.declared)
		} else if c.diags.HasErrors() {
			return nil
		}
	}
	return r.selection.UnknownTarget(declared)
}

type run struct {
	opts      Options
	locks     *locks
	policy    *policy.Policy
	owners    *owners
	limiter   *limiter
	selection *bundle.Selection
}

func newRun(opts Options, w *limiter, paths []string, units []*load.Unit) *run {
	return &run{opts: opts, locks: newLocks(opts, paths, units), limiter: w, selection: &bundle.Selection{Target: opts.Target, Apps: opts.Apps}}
}

// compiled is what is left of a unit: not its source tree, so that memory
// does not grow with it.
type compiled struct {
	owner bundle.Owner
	start diag.Range // of the unit
	lost  bool       // the unit is a package without a spec
	emits bool       // the unit is a spec of the run's target
	apps  map[App]Place

	isSpec   bool // and its target is without mistakes
	declared bundle.Declaration
	manifest ir.Bundle
	claims   []conflicts.ReservedName
	shared   []conflicts.Singleton
	unset    *unsetTarget
	diags    diag.List
}

// compile takes one unit through all stages.
func (r *run) compile(u *load.Unit) (out compiled) {
	defer r.limiter.trackUnit(u)()
	lock := r.locks.of(u)
	checked, diags := r.check(u, lock)
	out.owner, out.start = r.owners.of(u), u.Start()
	if checked == nil {
		out.lost = !diags.HasErrors()
		out.diags = diags
		return out
	}
	out.declared = bundle.Declare(checked)
	out.isSpec = !diags.HasErrorsBelow("target")
	if out.isSpec && !r.selection.Has(out.declared) {
		return out // another target's mistakes are not this run's
	}
	r.selection.Reduce(checked)
	diags.Add(r.permit(checked, diags)...)
	out.emits, out.apps = true, map[App]Place{}
	out.diags.Add(diags...)
	if lock != nil { // one that can't be read may name the releases
		out.unset = r.unsetTarget(u, checked)
	}
	for _, app := range checked.Apps {
		out.apps[App{checked.Target.Name, app.Namespace, app.Name}] = Place{app.Node.Key, app.Node.Path()}
		out.claims = append(out.claims, conflicts.ReservedNames(checked.Target, app)...)
	}
	out.claims = append(out.claims, conflicts.NamespacesWithoutSidecars(checked)...)
	out.shared = conflicts.Singletons(checked.Node)
	out.diags.Add(r.readManifests(checked)...)
	if lock == nil {
		return out
	}
	pinned, diags := pin.Apply(checked, lock, cmp.Or(r.opts.MissingPins, diag.Error))
	diags.Add(pin.CheckKinds(lock, checked, r.opts.Replace)...)
	out.diags.Add(diags...)
	if diags.HasErrors() {
		return out
	}
	stage := lower.Lower
	if r.opts.Replay {
		stage = lower.Replay
	}
	out.manifest, diags = stage(pinned, r.policy)
	out.diags.Add(diags...)
	out.diags.Add(pin.CheckLedger(lock, out.manifest.Revisions)...)
	out.claims = append(out.claims, conflicts.ReservedRevisionNames(out.manifest.Revisions)...)
	for _, app := range out.manifest.Apps {
		out.diags.Add(pin.CheckTracks(lock, app)...)
	}
	r.forLedger(&out.manifest, u)
	return out
}

// forLedger says which lock has the ledger of a unit's apps, and lets go of the
// unit's source tree.
func (r *run) forLedger(m *ir.Bundle, u *load.Unit) {
	path := r.locks.path(u)
	for i := range m.Revisions {
		m.Revisions[i].Node, m.Revisions[i].Lock = nil, path
	}
	for i := range m.Apps {
		m.Apps[i].Node, m.Apps[i].Lock = nil, path
	}
}

// check takes a unit through the first two stages. It returns nil if the unit
// has no spec to speak of.
func (r *run) check(u *load.Unit, lock *pin.Lock) (*ir.Checked, diag.List) {
	if lock != nil && u.Options.Modules == nil {
		u.Options.Modules = lock.Modules
	}
	root, diags := u.Load()
	if root == nil || diags.HasErrors() {
		return nil, diags
	}
	checked, more := check.Check(root, r.overrides(lock))
	r.limiter.addApps(len(checked.Apps))
	return checked, append(diags, more...)
}

// Checked is a unit after the first two stages.
type Checked struct {
	*ir.Checked
	Lock    string            // the path of its lock, absolute
	Modules map[string]string // digests of the CUE modules that it imports, if the run is to write locks
}

// Check runs the first two stages over the specs that paths name.
func Check(paths []string, opts Options) ([]Checked, diag.List, error) {
	return runLimited(opts.Limits, func(w *limiter) ([]Checked, diag.List, error) { return checkAll(paths, opts, w) })
}

func checkAll(paths []string, opts Options, w *limiter) ([]Checked, diag.List, error) {
	units, err := load.FindUnits(paths, opts.Options)
	if err != nil {
		return nil, nil, err
	}
	r := newRun(opts, w, paths, units)
	if diags, err := r.readPolicy(); err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	type result struct {
		checked Checked
		diags   diag.List
	}
	var out []Checked
	var diags diag.List
	for _, res := range each(units, func(u *load.Unit) result {
		defer w.trackUnit(u)()
		if opts.ForLockUpdate {
			var missing diag.List
			if u.Options.Modules, missing = load.Modules([]*load.Unit{u}); missing.HasErrors() {
				return result{diags: missing}
			}
		}
		c, diags := r.check(u, r.locks.of(u))
		if c != nil && !diags.HasErrorsBelow("target") {
			if !r.selection.Has(bundle.Declare(c)) {
				return result{}
			}
			r.selection.Reduce(c)
		}
		return result{Checked{c, r.locks.path(u), u.Options.Modules}, diags}
	}) {
		diags.Add(res.diags...)
		if res.checked.Checked != nil {
			out = append(out, res.checked)
		}
	}
	if !opts.Part {
		diags.Add(load.UnusedTags(units)...)
	}
	diags.Add(r.locks.diags()...)
	return out, diags.Sorted(), nil
}

// each applies f to all items, as many at a time as there are processors, and
// returns the results in order.
func each[T, R any](items []T, f func(T) R) []R {
	results := make([]R, len(items))
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, item := range items {
		workers.Go(func() error {
			defer fault.Exit()
			results[i] = f(item)
			return nil
		})
	}
	_ = workers.Wait() // f has no error to return
	return results
}
