package main

import (
	"context"
	"errors"
	"fmt"
	"os"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/invocation"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

type renderFlags struct {
	specFlags
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
with a file per app and a kustomization.

PATH is a file, a directory with a CUE package, or ends in /... for every
package below that has a spec; "-" is standard input. Without one it is the
working directory. Specs whose targets have names (target: name) make one
bundle for each name: -o DIR writes DIR/<name>, and standard output takes one of
them, which --target chooses. No registry is contacted: every image tag needs a pin
in the nearest belay.lock, which belay pin writes.

With -o inside the directory of the lock, the kinds and the revisions of the apps
are recorded in the lock, and --check compares those as well.

With --argocd the objects have their sync waves, Configurations are pruned last,
and two more files are written beside the kustomization: argocd.yaml with an
Application for each cluster, made from the spec's argocd (belay explain argocd),
and argocd-cm.yaml with what Argo CD's own ConfigMap needs for them: kubectl apply
--server-side -f argocd-cm.yaml.

With --replay only the Services of apps with strategy "service" are printed, for
a cluster that has none of their revisions yet: with each revision as the
template in turn, the last with the traffic as declared. Knative makes a
revision only of a template that it has seen, so apply them one after the other,
and wait for each:

    belay render --replay -o steps
    for step in steps/*.yaml; do
        kubectl apply -f "$step" && kubectl wait --for=condition=Ready --timeout=5m -f "$step" || break
    done`,
		Example: `  belay render apps/web
  belay render ./... -o rendered
  belay render ./... -o rendered --check
  belay render -t env=prod apps/web | kubectl apply -f -`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.render(cmd.Context(), f, args) },
	}
	f.addTo(cmd)
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

// A rendering is one run of belay render.
type rendering struct {
	*cli
	flags   *renderFlags
	args    []string
	opts    compiler.Options
	changes changes
	invoked invocation.Invocation
	run     compiler.Run

	reported diag.List // of the compilation
}

func (c *cli) render(ctx context.Context, f *renderFlags, args []string) error {
	opts, err := f.options(c)
	if err != nil {
		return err
	}
	if err := f.conflict(); err != nil {
		return err
	}
	return c.Confine(opts, os.Stdin, func() error {
		r := &rendering{cli: c, flags: f, args: args, opts: opts}
		if err := r.compile(ctx); err != nil {
			return err
		}
		switch {
		case f.replay && bundle.IsEmpty(r.run.Bundles):
			return errors.New("no app has strategy \"service\"; nothing to replay, since others come up however they are applied")
		case f.output == "-":
			return r.toStream()
		}
		return r.toDirectory(ctx)
	})
}

// compile compiles the specs that the arguments name, and reports what is wrong
// with them.
func (r *rendering) compile(ctx context.Context) error {
	f := r.flags
	r.opts.Replay, r.opts.Replace, r.opts.TargetUnset = f.replay, f.replace, diag.Note
	if f.output != "-" {
		r.opts.TargetUnset = diag.Warning
	}
	r.changes = r.findChanges(f, r.args, r.opts)
	r.invoked = f.invocation(r.changes.invoked)
	r.opts.Part = r.changes.part
	run, diags, err := compiler.CompileAll(ctx, r.changes.specs, r.opts)
	if err != nil {
		return err
	}
	r.run, r.reported = run, diags
	return r.Report(r.invoked.Complete(f.applyStrict(diags)), r.opts.Options)
}

// toStream prints the objects.
func (r *rendering) toStream() error {
	b, err := bundle.Select(r.run.Bundles, ir.Cluster(r.flags.cluster), bundle.Choice{
		Target: "--target, or write all of them with -o", Cluster: "--cluster, or write both with -o",
	})
	if err != nil {
		return err
	}
	return r.emit(render.Stream(b.Objects))
}

// conflict returns an error for flags that exclude each other.
func (f *renderFlags) conflict() error {
	if _, err := ir.ParseCluster(f.cluster); err != nil {
		return fmt.Errorf("--cluster %w", err)
	}
	switch {
	case f.check && f.output == "-":
		return errors.New("--check compares with a directory; name it with -o")
	case f.changed && !f.check:
		return errors.New("--changed compares only (--check); what is written is always the whole bundle")
	case f.prune && (f.output == "-" || f.changed || len(f.Apps) > 0):
		return errors.New("--prune removes what the run does not emit from a directory; name it with -o, and leave out --app and --changed")
	case f.argocd && f.output == "-":
		return errors.New("--argocd needs a directory that Argo CD can read out of a repository; name it with -o")
	case f.argocd && f.replay:
		return errors.New("--replay is for a person to apply step by step; Argo CD can't (--argocd)")
	}
	return nil
}

// outputFlags returns the flags that decide what is written, as words.
func (f *renderFlags) outputFlags() []string {
	words := []string{"-o", invocation.ShellWord(f.output)}
	if f.cluster != "" {
		words = append(words, "--cluster", f.cluster)
	}
	for _, app := range f.Apps {
		words = append(words, "--app", invocation.ShellWord(app))
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
