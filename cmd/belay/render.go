package main

import (
	"errors"
	"fmt"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/adapter/argocd"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

type renderFlags struct {
	input
	output  string
	check   bool
	changed bool
	cluster string
	argocd  bool
	replay  bool
	replace bool
	prune   bool

	noRecord bool
}

func (c *cli) renderCommand() *cobra.Command {
	f := &renderFlags{}
	cmd := &cobra.Command{
		Use:   "render [PATH...]",
		Short: "Compile specs to YAML",
		Long: `Compile specs to YAML: one stream on standard output, or with -o a directory
with one file an app and a kustomization.

PATH is a file, a directory with a CUE package, or ends in /... for every
package below that has a spec; "-" is standard input. Without one it is the
working directory. Specs whose targets have names (target: name) make one
bundle for each name: -o DIR writes DIR/<name>, and standard output takes one of
them, which --target chooses. Nothing is dialled: every image tag needs a pin in the
nearest belay.lock, which belay pin writes.

With -o inside the directory of the lock, the kinds and the revisions of the apps
are recorded in the lock, and --check compares those as well.

With --argocd the objects have their sync waves, Configurations are pruned last,
and two files stand beside the kustomization: argocd.yaml with an Application for each cluster, made from the
spec's argocd (belay explain argocd), and argocd-cm.yaml with what Argo CD's own
ConfigMap needs for them: kubectl apply --server-side -f argocd-cm.yaml.

With --replay only the Services of apps with strategy "service" are printed, for
a cluster that has none of their revisions yet: with each revision as the
template in turn, the last with the traffic as declared. Knative makes a
revision only of a template that it has seen, so apply them one after the other,
and wait for each:

    belay render --replay -o steps
    for step in steps/*.yaml; do
        kubectl apply -f "$step" && kubectl wait --for=condition=Ready --timeout=5m -f "$step" || break
    done`,
		RunE: func(_ *cobra.Command, args []string) error { return c.render(f, args) },
	}
	f.flags(cmd)
	cmd.Flags().StringVarP(&f.output, "output", "o", "-", "the `directory` to write, or - for standard output")
	cmd.Flags().BoolVar(&f.check, "check", false, "write nothing; print how the directory differs, and fail if it does")
	cmd.Flags().BoolVar(&f.changed, "changed", false, "with --check: the arguments are files that changed since the last commit; compare what they have a part in")
	cmd.Flags().StringVar(&f.cluster, "cluster", "", "only the objects of this cluster: dataplane or mesh")
	cmd.Flags().BoolVar(&f.replay, "replay", false, "only the sequence that brings an empty cluster to the declared revisions")
	cmd.Flags().BoolVar(&f.replace, "replace", false, "let a Service become a Route of the same name, or the reverse: the app is down until the old object is deleted")
	cmd.Flags().BoolVar(&f.noRecord, "no-record", false, "leave the ledger in the lock as it is, and do not compare it with --check")
	cmd.Flags().BoolVar(&f.prune, "prune", false, "with -o: remove all files of belay's that this run does not emit, whichever specs they belong to")
	cmd.Flags().BoolVar(&f.argocd, "argocd", false, "with -o: add what Argo CD needs, from the spec's argocd")
	return cmd
}

func (c *cli) render(f *renderFlags, args []string) error {
	opts, err := f.options(c)
	if err != nil {
		return err
	}
	if f.Confined() && c.Self != "" {
		return c.supervise(opts.Options, os.Stdin)
	}
	if err := f.conflict(); err != nil {
		return err
	}
	opts.Replay, opts.Replace, opts.TargetUnset = f.replay, f.replace, diag.Note
	if f.output != "-" {
		opts.TargetUnset = diag.Warning
	}
	ch := c.changes(f, args, opts)
	inv := f.invocation(ch.invoked)
	opts.Part = ch.part
	run, diags, err := compiler.CompileAll(ch.specs, opts)
	if err != nil {
		return err
	}
	if err := c.report(inv.complete(f.severe(diags)), opts.Options); err != nil {
		return err
	}
	empty := bundle.IsEmpty(run.Bundles)
	switch {
	case empty && f.replay:
		return errors.New("no app has strategy \"service\"; nothing to replay, since others come up however they are applied")
	case empty && !f.changed && (f.output == "-" || f.prune):
		return bundle.ErrEmpty
	case empty && !f.changed:
		run.Bundles = nil // what is left to do is to remove files
	case f.output == "-":
		return c.emitStream(run.Bundles, ir.Cluster(f.cluster))
	}
	if !f.check {
		if err := c.checkLinks(c.outputDirectory(f)); err != nil {
			return err
		}
	}
	plan, run, err := c.plan(f, run, ch)
	switch {
	case err != nil:
		return err
	case empty && !f.changed && plan.Empty() && len(plan.Lost) == 0:
		return bundle.ErrEmpty
	}
	if err := c.report(f.severe(f.problems(plan, run)), opts.Options); err != nil {
		return err
	}
	ledgers, err := c.ledgers(f, args, run, opts)
	if err != nil {
		return err
	}
	if f.check {
		err := c.differs(f, plan, ch, inv)
		c.sayUnrecorded(ledgers, opts, inv.command("render", f.outputFlags()...))
		if err == nil && len(ledgers) > 0 {
			err = errReported
		}
		return err
	}
	if err := plan.Apply(); err != nil {
		return err
	}
	c.announce(f, plan)
	return c.record(ledgers, opts)
}

// conflict is what is wrong with the flags as such.
func (f *renderFlags) conflict() error {
	if _, err := ir.ParseCluster(f.cluster); err != nil {
		return fmt.Errorf("--cluster %w", err)
	}
	switch {
	case f.check && f.output == "-":
		return errors.New("--check compares with a directory; name it with -o")
	case f.changed && !f.check:
		return errors.New("--changed compares only (--check); what is written is always the whole bundle")
	case f.prune && (f.output == "-" || f.changed || len(f.apps) > 0):
		return errors.New("--prune removes what the run does not emit from a directory; name it with -o, and leave out --app and --changed")
	case f.argocd && f.output == "-":
		return errors.New("--argocd needs a directory that Argo CD can read out of a repository; name it with -o")
	case f.argocd && f.replay:
		return errors.New("--replay is for a person to apply step by step; Argo CD can't (--argocd)")
	}
	return nil
}

func (c *cli) emitStream(bundles []ir.Bundle, cluster ir.Cluster) error {
	b, err := bundle.Select(bundles, cluster, bundle.Choice{
		Target: "--target, or write all of them with -o", Cluster: "--cluster, or write both with -o",
	})
	if err != nil {
		return err
	}
	return c.emit(render.Stream(b.Objects))
}

// files makes files of the bundles of a run.
func (f *renderFlags) files(bundles []ir.Bundle) (files []render.File, err error) {
	for _, m := range bundles {
		clusters := m.Clusters()
		if f.cluster != "" {
			clusters = []ir.Cluster{ir.Cluster(f.cluster)}
		}
		switch {
		case f.replay:
			files = append(files, render.Steps(m)...)
		case !f.argocd:
			files = append(files, render.Bundle(m, clusters...)...)
		case m.ArgoCD == nil:
			return nil, errors.New("the specs have no argocd, which names the repository and the clusters; see: belay explain argocd")
		default:
			files = append(files, argocd.Bundle(m, clusters...)...)
		}
	}
	return files, nil
}

// scope is what a run may change in the output directory.
func (f *renderFlags) scope(run compiler.Run) render.Scope {
	scope := render.Scope{Coverage: run.Coverage, Prune: f.prune}
	switch {
	case f.replay:
		scope.Within = render.IsStep
	case f.cluster != "":
		var sides []string
		for _, m := range run.Bundles {
			sides = append(sides, path.Join(m.Target, f.cluster)+"/")
		}
		scope.Within = func(name string) bool {
			return slices.ContainsFunc(sides, func(side string) bool { return strings.HasPrefix(name, side) })
		}
	}
	return scope
}

// plan compares the directory with the bundles of a run: with --changed it is a
// run of every spec that a file of the commit may have a part in.
func (c *cli) plan(f *renderFlags, run compiler.Run, ch changes) (*render.Plan, compiler.Run, error) {
	plan, err := c.compare(f, run)
	if err != nil || ch.whole() || !ch.needsAll(plan) {
		return plan, run, err
	}
	run, diags, err := compiler.CompileAll([]string{all}, ch.opts)
	if err == nil {
		err = c.report(diags, ch.opts.Options)
	}
	if err != nil {
		return nil, run, err
	}
	plan, err = c.compare(f, run)
	return plan, run, err
}

func (c *cli) compare(f *renderFlags, run compiler.Run) (*render.Plan, error) {
	files, err := f.files(run.Bundles)
	if err != nil {
		return nil, err
	}
	return render.NewPlan(c.outputDirectory(f), files, f.scope(run))
}

// outputDirectory is the directory of -o, absolute.
func (c *cli) outputDirectory(f *renderFlags) string {
	if filepath.IsAbs(f.output) {
		return f.output
	}
	return filepath.Join(c.Dir, f.output)
}

// differs says how a directory differs from its bundle, if it does.
func (c *cli) differs(f *renderFlags, plan *render.Plan, ch changes, inv invocation) error {
	c.announce(f, plan)
	unverified := ch.unverified(plan)
	if len(unverified) > 0 {
		c.say("belay: %s: the commit touches it, and its header names a spec with other -t or -n than these, which is not compiled here", strings.Join(named(f.output, unverified), ", "))
	}
	if plan.Empty() {
		if len(plan.Ownerless)+len(plan.Orphaned)+len(unverified) > 0 || f.strict && len(plan.Foreign) > 0 {
			return errReported
		}
		return nil
	}
	if err := c.emit(plan.Diff()); err != nil {
		return err
	}
	c.say("belay: %s differs from its specs in %d files; run: %s", f.output, len(plan.Write)+len(plan.Remove), inv.command("render", f.outputFlags()...))
	return errReported
}

// outputFlags are the flags that decide what is written, as words.
func (f *renderFlags) outputFlags() []string {
	words := []string{"-o", shellWord(f.output)}
	if f.cluster != "" {
		words = append(words, "--cluster", f.cluster)
	}
	for _, app := range f.apps {
		words = append(words, "--app", shellWord(app))
	}
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--argocd", f.argocd}, {"--replay", f.replay}, {"--replace", f.replace}, {"--prune", f.prune}, {"--no-record", f.noRecord}} {
		if flag.set {
			words = append(words, flag.name)
		}
	}
	return words
}
