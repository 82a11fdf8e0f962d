package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"
	"github.com/spf13/pflag"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// addCompletions sets how the values of flags are completed, if a shell asks for that:
// another run does not need them, and starts sooner without. Completing compiles no
// spec and opens no connection, and what can't be read gives no words.
func (c *cli) addCompletions(root *cobra.Command) {
	if len(c.Args) == 0 || !strings.HasPrefix(c.Args[0], cobra.ShellCompRequestCmd) {
		return
	}
	words := map[string]cobra.CompletionFunc{
		"app":            c.completeFromLock(lockedApps),
		"ci":             completeFrom("github"),
		"cluster":        completeFrom(string(ir.Dataplane), string(ir.Mesh)),
		"format":         completeFrom(formatNames...),
		"target":         c.completeFromLock(lockedTargets),
		"target-istio":   completeFrom(releaseNames(target.Istios)...),
		"target-knative": completeFrom(releaseNames(target.Knatives)...),
	}
	for _, cmd := range root.Commands() {
		cmd.Flags().VisitAll(func(f *pflag.Flag) {
			if complete := words[f.Name]; complete != nil && f.Value.Type() != "bool" {
				if err := cmd.RegisterFlagCompletionFunc(f.Name, complete); err != nil {
					panic("belay internal: " + err.Error()) // the flag is one of the command's
				}
			}
		})
	}
}

// completeFrom completes to one of some words.
func completeFrom(words ...string) cobra.CompletionFunc {
	return cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp|cobra.ShellCompDirectiveKeepOrder)
}

func releaseNames(releases []target.Version) (names []string) {
	for _, release := range releases {
		names = append(names, release.String())
	}
	return names
}

// completeExplained completes the argument of "belay explain": the fields below the
// part that is written, and the codes.
func completeExplained(_ *cobra.Command, args []string, word string) (words []string, _ cobra.ShellCompDirective) {
	if len(args) > 0 {
		return nil, cobra.ShellCompDirectiveNoFileComp
	}
	above := ""
	if i := strings.LastIndexByte(word, '.'); i >= 0 {
		above = word[:i]
	}
	for _, f := range schema.FieldsBelow(above) {
		if path := strings.TrimPrefix(above+"."+f.Name, "."); strings.HasPrefix(path, word) {
			doc, _, _ := strings.Cut(f.Doc, "\n")
			words = append(words, cobra.CompletionWithDesc(path, doc))
		}
	}
	for _, code := range diag.Codes() {
		if strings.HasPrefix(string(code), word) {
			words = append(words, cobra.CompletionWithDesc(string(code), diag.Summary(code)))
		}
	}
	return words, cobra.ShellCompDirectiveNoFileComp
}

// completeFromLock completes to words out of the lock that the specs of the command
// line have.
func (c *cli) completeFromLock(words func(*pin.Lock) []string) cobra.CompletionFunc {
	return func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		opts := compiler.Options{Options: load.Options{CUE: c.CUE, Dir: c.Dir, Limits: frontend.Generous}}
		if file, err := cmd.Flags().GetString("lock"); err == nil && file != "" {
			opts.LockFile = opts.Abs(file)
		}
		lock, diags := compiler.NearestLock(c.directoryOf(args, opts.Options), opts)
		if lock == nil || diags.HasErrors() {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(lock), cobra.ShellCompDirectiveNoFileComp
	}
}

// directoryOf returns the directory of the first path on a command line, or the
// working directory.
func (c *cli) directoryOf(args []string, opts load.Options) string {
	path := paths(args)[0]
	if dir, ok := opts.Below(path); ok {
		return dir
	}
	if abs := opts.Abs(path); filepath.Ext(abs) == "" {
		return abs
	}
	return filepath.Dir(opts.Abs(path))
}

// lockedTargets returns the names of the targets that a lock has releases or apps
// for.
func lockedTargets(lock *pin.Lock) []string {
	names := map[string]bool{}
	for name := range lock.Targets {
		names[name] = true
	}
	for key := range lock.Apps {
		name, _, _ := strings.Cut(key, "/")
		names[name] = true
	}
	delete(names, "")
	delete(names, "-") // a target without a name
	return ir.Sorted(names)
}

// lockedApps returns the apps that a lock has in its ledger, by name, and by
// namespace and name where a spec names one.
func lockedApps(lock *pin.Lock) []string {
	names := map[string]bool{}
	for key := range lock.Apps {
		_, app, _ := strings.Cut(key, "/")
		namespace, name, _ := strings.Cut(app, "/")
		names[name] = true
		if namespace != "-" {
			names[app] = true
		}
	}
	return ir.Sorted(names)
}
