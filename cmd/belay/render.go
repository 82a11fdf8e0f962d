package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/adapter/argocd"
	"github.com/belay-sh/belay/bundle"
	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
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
	cmd.Flags().BoolVar(&f.argocd, "argocd", false, "with -o: add what Argo CD needs, from the spec's argocd")
	return cmd
}

func (c *cli) render(f *renderFlags, args []string) error {
	opts, err := f.options(c)
	if err != nil {
		return err
	}
	if f.Confined() && c.self != "" {
		return c.supervise(opts.Options, os.Stdin)
	}
	if err := f.conflict(); err != nil {
		return err
	}
	opts.Replay, opts.TargetUnset = f.replay, diag.Note
	if f.output != "-" {
		opts.TargetUnset = diag.Warning
	}
	specs := inputs(args, f.changed, opts.Options)
	ch := changes{specs: []string{all}}
	if f.changed {
		ch = c.changes(args, specs, opts)
	}
	run, diags, err := compiler.CompileAll(specs, opts)
	if err != nil {
		return err
	}
	if err := c.report(f.severe(diags), opts.Options); err != nil {
		return err
	}
	switch empty := !slices.ContainsFunc(run.Bundles, hasObjects); {
	case empty && f.replay:
		return errors.New("no app has strategy \"service\"; nothing to replay, since others come up however they are applied")
	case empty && !f.changed:
		return errors.New("the specs have no apps; nothing to render")
	case f.output == "-":
		return c.emitStream(run.Bundles, render.Side(f.cluster))
	}
	plan, err := c.plan(f, run.Bundles, ch)
	if err != nil {
		return err
	}
	for _, r := range plan.Replacements() {
		c.say("belay: warning: %s/%s was a %s in %s and becomes a %s: a cluster does not replace one by the other; see: belay explain strategy-changed",
			r.Namespace, r.Name, r.From, f.output, r.To)
	}
	if !f.check {
		return plan.Apply()
	}
	return c.differs(f, plan)
}

// conflict is what is wrong with the flags as such.
func (f *renderFlags) conflict() error {
	side := render.Side(f.cluster)
	switch {
	case f.check && f.output == "-":
		return errors.New("--check compares with a directory; name it with -o")
	case f.changed && !f.check:
		return errors.New("--changed compares only (--check); what is written is always the whole bundle")
	case f.argocd && f.output == "-":
		return errors.New("--argocd needs a directory that Argo CD can read out of a repository; name it with -o")
	case f.argocd && f.replay:
		return errors.New("--replay is for a person to apply step by step; Argo CD can't (--argocd)")
	case !slices.Contains([]render.Side{render.Whole, render.Dataplane, render.Mesh}, side):
		return fmt.Errorf("--cluster %s is neither dataplane nor mesh", f.cluster)
	}
	return nil
}

// hasObjects reports whether a bundle has anything to render.
func hasObjects(m ir.Manifest) bool { return len(m.Objects) > 0 || m.Remote != nil }

func (c *cli) emitStream(bundles []ir.Manifest, side render.Side) error {
	m, err := bundle.Only(bundles)
	if err != nil {
		return fmt.Errorf("%w, or write all of them with -o", err)
	}
	if m.Separate && side == render.Whole {
		return errors.New("the bundle is for two clusters; choose one with --cluster, or write both with -o")
	}
	if m.Remote != nil && side != render.Mesh {
		return errors.New("the platform is at URLs, which only a kustomization can hold; write the bundle with -o")
	}
	return c.emit(render.Stream(m, side))
}

// files makes files of the bundles of a run.
func (f *renderFlags) files(bundles []ir.Manifest) (files []render.File, err error) {
	for _, m := range bundles {
		sides := []render.Side{render.Side(f.cluster)}
		if m.Separate && sides[0] == render.Whole {
			sides = []render.Side{render.Dataplane, render.Mesh}
		}
		switch {
		case f.replay:
			files = append(files, render.Steps(m)...)
		case !f.argocd:
			files = append(files, render.Bundle(m, sides...)...)
		case m.ArgoCD == nil:
			return nil, errors.New("the specs have no argocd, which names the repository and the clusters; see: belay explain argocd")
		default:
			files = append(files, argocd.Bundle(m, sides...)...)
		}
	}
	return files, nil
}

// plan compares the directory with the bundles: all of it, or with --changed what
// the files that changed have a part in.
func (c *cli) plan(f *renderFlags, bundles []ir.Manifest, ch changes) (*render.Plan, error) {
	dir := f.output
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(c.dir, dir)
	}
	files, err := f.files(bundles)
	if err != nil {
		return nil, err
	}
	if ch.whole() {
		return render.NewPlan(dir, files)
	}
	plan, ok, err := f.partial(dir, files, ch)
	if err != nil || ok {
		return plan, err
	}
	run, diags, err := compiler.CompileAll([]string{all}, ch.opts)
	if err == nil {
		err = c.report(diags, ch.opts.Options)
	}
	if err != nil {
		return nil, err
	}
	if files, err = f.files(run.Bundles); err != nil {
		return nil, err
	}
	return render.NewPlan(dir, files)
}

// differs says how a directory differs from its bundle, if it does.
func (c *cli) differs(f *renderFlags, plan *render.Plan) error {
	if plan.Empty() {
		return nil
	}
	if err := c.emit(diag.PrintableText(plan.Diff())); err != nil {
		return err
	}
	c.say("belay: %s differs from its specs in %d files; run: belay render -o %s", f.output, len(plan.Write)+len(plan.Remove), f.output)
	return errReported
}
