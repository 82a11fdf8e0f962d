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
	"fmt"
	"runtime"
	"slices"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/lower"
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/pin"
)

// Options of a run.
type Options struct {
	load.Options
	check.Overrides // what the caller sets instead of the spec

	Apps     []string             // only these apps, by name or namespace/name; all if empty
	LockFile string               // the lock for all units, instead of the nearest one; absolute
	Locks    map[string]*pin.Lock // locks in memory, by absolute path, instead of files
	Pins     map[string]pin.Entry // digests that go before those of any lock, by reference

	MissingPins diag.Severity // of an image without a digest; an error if empty
	Replay      bool          // compile what an empty cluster is to be given first, and nothing else: see lower.Replay
}

// Compile compiles the specs that paths name. The manifest is sorted, and
// whole: with errors in the list it is empty. The error is about a path as such.
func Compile(paths []string, opts Options) (ir.Manifest, diag.List, error) {
	return within(opts.Limits, func(w *watch) (ir.Manifest, diag.List, error) { return compile(paths, opts, w) })
}

var prepare = sync.OnceFunc(lower.Prepare)

// Prepare is lower's, once in a process. Compile calls it; a front end that is
// still reading what to compile can do so before.
func Prepare() { prepare() }

func compile(paths []string, opts Options, w *watch) (ir.Manifest, diag.List, error) {
	go Prepare()
	units, err := load.Find(paths, opts.Options)
	if err != nil {
		return ir.Manifest{}, nil, err
	}
	r := &run{opts: opts, locks: newLocks(opts), watch: w}
	compiled := each(units, r.compile)

	var m ir.Manifest
	var diags diag.List
	var claims []check.Claim
	var shared []check.Shared
	for _, c := range compiled {
		m.Objects = append(m.Objects, c.manifest.Objects...)
		m.Hooks = append(m.Hooks, c.manifest.Hooks...)
		m.Revisions = append(m.Revisions, c.manifest.Revisions...)
		m.Separate = m.Separate || c.manifest.Separate
		m.ArgoCD = cmp.Or(m.ArgoCD, c.manifest.ArgoCD)
		m.Remote = cmp.Or(m.Remote, c.manifest.Remote)
		claims = append(claims, c.claims...)
		shared = append(shared, c.shared...)
		diags.Add(c.diags...)
	}
	diags.Add(check.Collisions(claims)...)
	diags.Add(check.Conflicts(shared)...)
	diags.Add(r.locks.diags()...)
	diags.Add(tooMany(units, compiled, opts.Limits.Objects)...)
	diags = diags.Sorted()
	if diags.HasErrors() {
		return ir.Manifest{}, diags, nil
	}
	if err := r.unknownApps(); err != nil {
		return ir.Manifest{}, diags, err
	}
	m.Objects, m.Hooks = sorted(m.Objects), sorted(m.Hooks)
	return m, diags, nil
}

// sorted is a bundle's objects in order, those that several specs share once.
func sorted(objects []ir.Object) []ir.Object {
	slices.SortStableFunc(objects, ir.Object.Compare)
	return slices.CompactFunc(objects, ir.Object.Same)
}

type run struct {
	opts  Options
	locks *locks
	watch *watch

	mu    sync.Mutex
	found map[string]bool // what of opts.Apps there is
}

// compiled is what is left of a unit: not its source tree, so that memory
// does not grow with it.
type compiled struct {
	manifest ir.Manifest
	claims   []check.Claim
	shared   []check.Shared
	diags    diag.List
}

// compile takes one unit through all stages.
func (r *run) compile(u *load.Unit) (out compiled) {
	defer r.watch.work(u)()
	checked, diags := r.check(u)
	out.diags.Add(diags...)
	if checked == nil {
		return out
	}
	for _, app := range checked.Apps {
		out.claims = append(out.claims, check.Claims(checked.Target, app)...)
	}
	out.shared = check.Shares(checked.Node)
	out.diags.Add(r.readManifests(checked)...)
	lock := r.locks.of(u)
	if lock == nil {
		return out
	}
	pinned, diags := pin.Apply(checked, lock, cmp.Or(r.opts.MissingPins, diag.Error))
	diags.Add(pin.CheckStrategies(lock, checked)...)
	out.diags.Add(diags...)
	if diags.HasErrors() {
		return out
	}
	stage := lower.Lower
	if r.opts.Replay {
		stage = lower.Replay
	}
	out.manifest, diags = stage(pinned)
	out.diags.Add(diags...)
	out.diags.Add(pin.CheckLedger(lock, out.manifest.Revisions)...)
	out.claims = append(out.claims, check.NamedClaims(out.manifest.Revisions)...)
	for i := range out.manifest.Revisions {
		out.manifest.Revisions[i].Node = nil
		out.manifest.Revisions[i].Lock = r.locks.path(u)
	}
	return out
}

// check takes a unit through the first two stages. It returns nil if the unit
// has no spec to speak of.
func (r *run) check(u *load.Unit) (*ir.Checked, diag.List) {
	root, diags := u.Load()
	if root == nil || diags.HasErrors() {
		return nil, diags
	}
	checked, more := check.Check(root, r.opts.Overrides)
	r.watch.found(len(checked.Apps))
	r.selectApps(checked)
	return checked, append(diags, more...)
}

// Checked is a unit after the first two stages.
type Checked struct {
	*ir.Checked
	Lock string // the path of its lock, absolute
}

// Check runs the first two stages over the specs that paths name.
func Check(paths []string, opts Options) ([]Checked, diag.List, error) {
	return within(opts.Limits, func(w *watch) ([]Checked, diag.List, error) { return checkAll(paths, opts, w) })
}

func checkAll(paths []string, opts Options, w *watch) ([]Checked, diag.List, error) {
	units, err := load.Find(paths, opts.Options)
	if err != nil {
		return nil, nil, err
	}
	r := &run{opts: opts, locks: newLocks(opts), watch: w}
	type result struct {
		checked Checked
		diags   diag.List
	}
	var out []Checked
	var diags diag.List
	for _, res := range each(units, func(u *load.Unit) result {
		defer w.work(u)()
		c, diags := r.check(u)
		return result{Checked{c, r.locks.path(u)}, diags}
	}) {
		diags.Add(res.diags...)
		if res.checked.Checked != nil {
			out = append(out, res.checked)
		}
	}
	return out, diags.Sorted(), nil
}

// selectApps drops the apps that were not asked for.
func (r *run) selectApps(c *ir.Checked) {
	if len(r.opts.Apps) == 0 {
		return
	}
	c.Namespaces, c.Platform = nil, nil
	c.Apps = slices.DeleteFunc(c.Apps, func(a *ir.App) bool {
		for _, name := range []string{a.Name, a.Namespace + "/" + a.Name} {
			if slices.Contains(r.opts.Apps, name) {
				r.mu.Lock()
				defer r.mu.Unlock()
				if r.found == nil {
					r.found = map[string]bool{}
				}
				r.found[name] = true
				return false
			}
		}
		return true
	})
}

// each applies f to all items, as many at a time as there are processors, and
// returns the results in order.
func each[T, R any](items []T, f func(T) R) []R {
	results := make([]R, len(items))
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, item := range items {
		workers.Go(func() error {
			results[i] = f(item)
			return nil
		})
	}
	_ = workers.Wait() // f has no error to return
	return results
}

// unknownApps tells names in opts.Apps that no spec has.
func (r *run) unknownApps() error {
	for _, name := range r.opts.Apps {
		if !r.found[name] {
			return fmt.Errorf("no app %s in the given paths", name)
		}
	}
	return nil
}
