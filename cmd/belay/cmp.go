package main

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/adapter/argocd"
	"github.com/belay-sh/belay/internal/adapter/argoplugin"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/sandbox"
)

func (c *cli) cmpCommand() *cobra.Command {
	cmd := &cobra.Command{
		Use:   "cmp",
		Short: "Be a config management plugin, for Argo CD",
		Long: `Be a config management plugin of Argo CD: what its repo-server runs in the
directory of an Application (deploy/argocd has its configuration). Parameters
come as ARGOCD_APP_PARAMETERS. Nothing outside the repository is read.`,
	}
	for _, sub := range []struct {
		use, short string
		run        func(*sandbox.Bounds) error
	}{
		{"generate", "Print the manifests of an Application", c.cmpGenerate},
		{"parameters", "Print the parameters that an Application can set, as JSON", c.cmpParameters},
		{"discover", "Print the directory's name if there is a spec in it", c.cmpDiscover},
	} {
		held := &sandbox.Bounds{}
		command := &cobra.Command{
			Use: sub.use, Short: sub.short, Args: cobra.NoArgs,
			RunE: func(*cobra.Command, []string) error { return sub.run(held) },
		}
		held.Flags(command.Flags())
		cmd.AddCommand(command)
	}
	return cmd
}

// argoCD is the compiler's options for a call of Argo CD's.
func (c *cli) argoCD(held *sandbox.Bounds) (compiler.Options, error) {
	if path, ok := c.env("ARGOCD_APP_SOURCE_PATH"); ok && held.Root == "" {
		held.Root = argoplugin.Root(c.Dir, path)
	}
	held.Root = cmp.Or(held.Root, sandbox.Repository(c.Dir))
	opts := compiler.Options{Options: load.Options{CUE: cuelang.Language{}, Dir: c.Dir}, Policy: held.Policy}
	return opts, held.Hold(&opts.Options)
}

func (c *cli) cmpGenerate(held *sandbox.Bounds) error {
	opts, err := c.argoCD(held)
	if err != nil {
		return err
	}
	if c.Self != "" {
		return c.supervise(opts.Options, nil)
	}
	text, _ := c.env("ARGOCD_APP_PARAMETERS")
	parameters, err := argoplugin.ParseParameters(text)
	if err == nil {
		err = checkNamespace("the parameter namespace:", parameters.Namespace())
	}
	if err != nil {
		return c.failed(err)
	}
	opts.Namespace, _ = c.env("ARGOCD_APP_NAMESPACE") // the destination's
	if err := checkNamespace("the destination's namespace", opts.Namespace); err != nil {
		return c.failed(err)
	}
	out, diags, err := argoplugin.Generate(parameters, opts, argocd.AnnotateWithWarnings)
	if reported := c.report(diags, opts.Options); reported != nil {
		c.explainMissing(diags, opts.Root.Name())
		return reported
	}
	if err != nil {
		return c.failed(err)
	}
	return c.emit(out)
}

// failed tells an error that is the input's: of a host there is no misuse.
func (c *cli) failed(err error) error {
	c.sayError(err)
	return errReported
}

// explainMissing says what may be missing because Argo CD did not send it: with
// manifest-generate-paths it sends the directory that the named paths have in
// common, and what is below it.
func (c *cli) explainMissing(diags diag.List, root string) {
	for _, missing := range []struct {
		codes []diag.Code
		what  string
		there bool
	}{
		{[]diag.Code{diag.BadImport}, "cue.mod from the Application's directory up", standsAbove(c.Dir, root, "cue.mod")},
		{[]diag.Code{diag.MissingPin}, pin.LockName + " from the Application's directory up", standsAbove(c.Dir, root, pin.LockName)},
		{[]diag.Code{diag.UnknownTag, diag.UnresolvedReference}, "cue.mod, or no CUE file above the Application's directory", standsAbove(c.Dir, root, "cue.mod") && c.Dir != root && standsAbove(filepath.Dir(c.Dir), root, "*.cue")},
	} {
		if missing.there || !slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return slices.Contains(missing.codes, d.Code) }) {
			continue
		}
		c.say("belay: Argo CD has sent no %s; if the repository has one, name it in argocd.argoproj.io/manifest-generate-paths", missing.what)
	}
}

// standsAbove reports whether a file is in a directory, or in one above it up
// to the root.
func standsAbove(dir, root, pattern string) bool { return above(dir, root, pattern) != "" }

// above returns the first directory, from one up to the root, that has a file
// whose name matches a pattern; "" if none has.
func above(dir, root, pattern string) string {
	for d := dir; ; d = filepath.Dir(d) {
		entries, _ := os.ReadDir(d) // what can't be read has no files
		if slices.ContainsFunc(entries, func(e os.DirEntry) bool {
			matches, _ := filepath.Match(pattern, e.Name())
			return matches
		}) {
			return d
		}
		if d == root || d == filepath.Dir(d) {
			return ""
		}
	}
}

func (c *cli) cmpParameters(held *sandbox.Bounds) error {
	opts, err := c.argoCD(held)
	if err != nil {
		return err
	}
	if c.Self != "" {
		return c.supervise(opts.Options, nil)
	}
	out, err := argoplugin.Announce(opts)
	if err != nil {
		return err
	}
	return c.emit(out)
}

// cmpDiscover never fails: Argo CD takes that for an error, and not for "no".
func (c *cli) cmpDiscover(held *sandbox.Bounds) error {
	opts, err := c.argoCD(held)
	if err == nil && c.Self != "" {
		_ = c.supervise(opts.Options, nil) // what it has to say is on standard error
		return nil
	}
	if err != nil || !compiler.HasSpec(c.Dir, opts) {
		return nil
	}
	return c.emit([]byte(filepath.Base(c.Dir) + "\n"))
}
