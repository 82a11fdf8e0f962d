package main

import (
	"context"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/relock"
	"github.com/belay-sh/belay/render"
)

// toDirectory writes the files of the run to the output directory, or with
// --check reports how the directory differs from them.
func (r *rendering) toDirectory(ctx context.Context) error {
	f := r.flags
	empty := bundle.IsEmpty(r.run.Bundles) && !f.changed
	if empty {
		if f.prune {
			return bundle.ErrEmpty
		}
		r.run.Bundles = nil // what is left to do is to remove files
	}
	if !f.check {
		if err := r.checkLinks(r.outputDirectory(f)); err != nil {
			return err
		}
	}
	plan, err := r.plan(ctx)
	switch {
	case err != nil:
		return err
	case empty && plan.Empty() && len(plan.Lost) == 0:
		return bundle.ErrEmpty
	}
	if err := r.Report(f.applyStrict(f.problems(plan, r.run, r.reported)), r.opts.Options); err != nil {
		return err
	}
	ledgers, err := r.ledgers(f, r.args, r.run, r.opts)
	if err != nil {
		return err
	}
	if f.check {
		return r.check(plan, ledgers)
	}
	if err := plan.Apply(); err != nil {
		return err
	}
	r.announce(f, plan)
	return r.record(ledgers, r.opts)
}

// plan compares the directory with the bundles of the run. With --changed the run
// becomes one of all specs, if a file of the commit may concern any of them.
func (r *rendering) plan(ctx context.Context) (*render.Plan, error) {
	plan, err := r.compare()
	if err != nil || r.changes.whole() || !r.changes.needsAll(plan) {
		return plan, err
	}
	run, diags, err := compiler.CompileAll(ctx, []string{allSpecs}, r.changes.opts)
	if err == nil {
		err = r.Report(diags, r.opts.Options)
	}
	if err != nil {
		return nil, err
	}
	r.run = run
	return r.compare()
}

func (r *rendering) compare() (*render.Plan, error) {
	files, err := r.flags.files(r.run.Bundles)
	if err != nil {
		return nil, err
	}
	return render.NewPlan(r.outputDirectory(r.flags), files, r.flags.scope(r.run))
}

// check reports how the directory and the ledgers differ from the run.
func (r *rendering) check(plan *render.Plan, ledgers []relock.LockUpdate) error {
	err := r.reportDiff(plan)
	r.printUnrecorded(ledgers, r.opts, r.invoked.Command("render", r.flags.outputFlags()...))
	if err == nil && len(ledgers) > 0 {
		err = errReported
	}
	return err
}

// reportDiff prints how the directory differs from the run, if it does, and then
// returns errReported.
func (r *rendering) reportDiff(plan *render.Plan) error {
	f := r.flags
	r.announce(f, plan)
	unverified := r.changes.unverified(plan)
	if len(unverified) > 0 {
		r.PrintLine("belay: %s: the commit touches it, and its header names a spec with other -t or -n than these, which is not compiled here", strings.Join(named(f.output, unverified), ", "))
	}
	if plan.Empty() {
		if len(plan.Ownerless)+len(plan.Orphaned)+len(unverified) > 0 || f.strict && len(plan.Foreign) > 0 {
			return errReported
		}
		return nil
	}
	if err := r.emit(plan.Diff()); err != nil {
		return err
	}
	r.PrintLine("belay: %s differs from its specs in %d files; run: %s", f.output, len(plan.Write)+len(plan.Remove), r.invoked.Command("render", f.outputFlags()...))
	return errReported
}
