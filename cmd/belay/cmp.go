package main

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/adapter/argocd"
	"github.com/belay-sh/belay/internal/adapter/argoplugin"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/pin"
)

func (c *cli) cmpCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cmp",
		Short: "Be a config management plugin, for Argo CD",
		Long: `Be a config management plugin of Argo CD: what its repo-server runs in the
directory of an Application (deploy/argocd has its configuration). Parameters
come as ARGOCD_APP_PARAMETERS. Nothing outside the repository is read.`,
	}
	onlySubcommands(cmd)
	for _, sub := range []struct {
		use, short string
		run        func(context.Context, *frontend.Bounds) error
	}{
		{"generate", "Print the manifests of an Application", c.cmpGenerate},
		{"parameters", "Print the parameters that an Application can set, as JSON", c.cmpParameters},
		{"discover", "Print the directory's name if there is a spec in it", c.cmpDiscover},
	} {
		bounds := &frontend.Bounds{}
		command := &cobra.Command{
			Use: sub.use, Short: sub.short, Example: "  belay cmp " + sub.use, Args: cobra.NoArgs,
			RunE: func(cmd *cobra.Command, _ []string) error { return sub.run(cmd.Context(), bounds) },
		}
		bounds.AddFlags(command.Flags())
		cmd.AddCommand(command)
	}
	return cmd
}

// argoCD returns the compiler's options for a call of Argo CD's: confined to what
// Argo CD has unpacked.
func (c *cli) argoCD(bounds *frontend.Bounds) (compiler.Options, error) {
	if path, ok := c.env("ARGOCD_APP_SOURCE_PATH"); ok && bounds.Root == "" {
		bounds.Root = argoplugin.Root(c.Dir, path)
	}
	bounds.Root = cmp.Or(bounds.Root, frontend.Repository(c.Dir))
	return c.Options(frontend.Request{Bounds: *bounds}, flagName)
}

func (c *cli) cmpGenerate(ctx context.Context, bounds *frontend.Bounds) error {
	opts, err := c.argoCD(bounds)
	if err != nil {
		return err
	}
	return c.Confine(opts, nil, func() error {
		text, _ := c.env("ARGOCD_APP_PARAMETERS")
		parameters, err := argoplugin.ParseParameters(text)
		if err != nil {
			return c.ReportInputError(err)
		}
		opts.Namespace, _ = c.env("ARGOCD_APP_NAMESPACE") // the destination's
		if err := frontend.CheckNamespace(opts.Namespace); err != nil {
			return c.ReportInputError(fmt.Errorf("the destination's namespace %w", err))
		}
		out, diags, err := argoplugin.Generate(ctx, parameters, opts, argocd.AnnotateWithWarnings)
		if reported := c.Report(diags, opts.Options); reported != nil {
			c.explainMissing(diags, opts.Root.Name())
			return reported
		}
		if err != nil {
			return c.ReportInputError(err)
		}
		return c.emit(out)
	})
}

// explainMissing prints what may be missing because Argo CD did not send it: with
// manifest-generate-paths it sends the directory that the named paths have in
// common, and what is below it.
func (c *cli) explainMissing(diags diag.List, root string) {
	for _, missing := range []struct {
		codes []diag.Code
		what  string
		there bool
	}{
		{[]diag.Code{diag.BadImport}, "cue.mod from the Application's directory up", hasAtOrAbove(c.Dir, root, "cue.mod")},
		{[]diag.Code{diag.MissingPin}, pin.LockName + " from the Application's directory up", hasAtOrAbove(c.Dir, root, pin.LockName)},
		{[]diag.Code{diag.UnknownTag, diag.UnresolvedReference}, "cue.mod, or no CUE file above the Application's directory", hasAtOrAbove(c.Dir, root, "cue.mod") && c.Dir != root && hasAtOrAbove(filepath.Dir(c.Dir), root, "*.cue")},
	} {
		if missing.there || !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return slices.Contains(missing.codes, d.Code) }) {
			continue
		}
		c.PrintLine("belay: Argo CD has sent no %s; if the repository has one, name it in argocd.argoproj.io/manifest-generate-paths", missing.what)
	}
}

// hasAtOrAbove reports whether a directory, or one above it up to the root, has an
// entry whose name matches a pattern.
func hasAtOrAbove(dir, root, pattern string) bool {
	return load.Nearest(dir, root, func(dir string) bool {
		entries, _ := os.ReadDir(dir) // a directory that cannot be read has none
		return slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			matches, _ := filepath.Match(pattern, e.Name())
			return matches
		})
	}) != ""
}

func (c *cli) cmpParameters(ctx context.Context, bounds *frontend.Bounds) error {
	opts, err := c.argoCD(bounds)
	if err != nil {
		return err
	}
	return c.Confine(opts, nil, func() error {
		out, err := argoplugin.Announce(ctx, opts)
		if err != nil {
			return err
		}
		return c.emit(out)
	})
}

// cmpDiscover never fails: for Argo CD a failure is an error, and no output means "no".
func (c *cli) cmpDiscover(ctx context.Context, bounds *frontend.Bounds) error {
	opts, err := c.argoCD(bounds)
	if err != nil {
		return nil
	}
	_ = c.Confine(opts, nil, func() error { // what is wrong is printed on standard error
		if !compiler.HasSpec(ctx, c.Dir, opts) {
			return nil
		}
		return c.emit([]byte(filepath.Base(c.Dir) + "\n"))
	})
	return nil
}
