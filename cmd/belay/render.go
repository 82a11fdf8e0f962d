package main

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/adapter/argocd"
	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/render"
)

type renderFlags struct {
	input
	output  string
	check   bool
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
working directory. Nothing is dialled: every image tag needs a pin in the
nearest belay.lock, which belay pin writes.

With --argocd the objects have their sync waves, and two files stand beside the
kustomization: argocd.yaml with an Application for each cluster, made from the
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
	if f.confined() && c.self != "" {
		return c.supervise(opts.Options, os.Stdin)
	}
	if err := f.conflict(); err != nil {
		return err
	}
	opts.Replay = f.replay
	m, diags, err := compiler.Compile(paths(args), opts)
	if err != nil {
		return err
	}
	if err := c.report(f.severe(diags), opts.Options); err != nil {
		return err
	}
	switch {
	case len(m.Objects) == 0 && f.replay:
		return errors.New("no app has strategy \"service\"; nothing to replay, since others come up however they are applied")
	case len(m.Objects) == 0 && m.Remote == nil:
		return errors.New("the specs have no apps; nothing to render")
	case f.output == "-":
		return c.emitStream(m, render.Side(f.cluster))
	}
	return c.writeBundle(f, m, render.Side(f.cluster))
}

// conflict is what is wrong with the flags as such.
func (f *renderFlags) conflict() error {
	side := render.Side(f.cluster)
	switch {
	case f.check && f.output == "-":
		return errors.New("--check compares with a directory; name it with -o")
	case f.argocd && f.output == "-":
		return errors.New("--argocd needs a directory that Argo CD can read out of a repository; name it with -o")
	case f.argocd && f.replay:
		return errors.New("--replay is for a person to apply step by step; Argo CD can't (--argocd)")
	case !slices.Contains([]render.Side{render.Whole, render.Dataplane, render.Mesh}, side):
		return fmt.Errorf("--cluster %s is neither dataplane nor mesh", f.cluster)
	}
	return nil
}

func (c *cli) emitStream(m ir.Manifest, side render.Side) error {
	if m.Separate && side == render.Whole {
		return errors.New("the bundle is for two clusters; choose one with --cluster, or write both with -o")
	}
	if m.Remote != nil && side != render.Mesh {
		return errors.New("the platform is at URLs, which only a kustomization can hold; write the bundle with -o")
	}
	return c.emit(render.Stream(m, side))
}

func (c *cli) writeBundle(f *renderFlags, m ir.Manifest, side render.Side) error {
	sides := []render.Side{side}
	if m.Separate && side == render.Whole {
		sides = []render.Side{render.Dataplane, render.Mesh}
	}
	dir := f.output
	if !filepath.IsAbs(dir) {
		dir = filepath.Join(c.dir, dir)
	}
	bundle := render.Bundle
	switch {
	case f.replay:
		bundle = func(m ir.Manifest, _ ...render.Side) []render.File { return render.Steps(m) }
	case f.argocd:
		if m.ArgoCD == nil {
			return errors.New("the specs have no argocd, which names the repository and the clusters; see: belay explain argocd")
		}
		bundle = argocd.Bundle
	}
	plan, err := render.NewPlan(dir, bundle(m, sides...))
	if err != nil {
		return err
	}
	if !f.check {
		return plan.Apply()
	}
	if plan.Empty() {
		return nil
	}
	if err := c.emit(plan.Diff()); err != nil {
		return err
	}
	fmt.Fprintf(c.err, "belay: %s differs from its specs in %d files; run: belay render -o %s\n", f.output, len(plan.Write)+len(plan.Remove), f.output)
	return errReported
}
