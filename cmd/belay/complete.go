package main

import (
	"path/filepath"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// A completion returns the words that a shell may complete a word to. None compiles
// a spec or opens a connection, and what can't be read gives no words.
type completion = cobra.CompletionFunc

// completeFlag sets how the value of a flag is completed.
func completeFlag(cmd *cobra.Command, flag string, words completion) {
	if err := cmd.RegisterFlagCompletionFunc(flag, words); err != nil {
		panic("belay internal: " + err.Error()) // the command has no such flag, or it is set already
	}
}

// completeFrom completes the value of a flag to one of some words.
func completeFrom(cmd *cobra.Command, flag string, words ...string) {
	completeFlag(cmd, flag, cobra.FixedCompletions(words, cobra.ShellCompDirectiveNoFileComp))
}

// completeReleases completes the flags of a command that take a release.
func completeReleases(cmd *cobra.Command) {
	for flag, releases := range map[string][]target.Version{"target-knative": target.Knatives, "target-istio": target.Istios} {
		completeFlag(cmd, flag, func(*cobra.Command, []string, string) (words []string, _ cobra.ShellCompDirective) {
			for _, release := range releases {
				words = append(words, release.String())
			}
			return words, cobra.ShellCompDirectiveNoFileComp | cobra.ShellCompDirectiveKeepOrder
		})
	}
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

// completeFromLock completes a flag to words out of the lock that the specs of the
// command line have.
func (c *cli) completeFromLock(cmd *cobra.Command, flag string, words func(*pin.Lock) []string) {
	completeFlag(cmd, flag, func(cmd *cobra.Command, args []string, _ string) ([]string, cobra.ShellCompDirective) {
		opts := compiler.Options{Options: load.Options{CUE: c.CUE, Dir: c.Dir, Limits: frontend.Generous}}
		if file, err := cmd.Flags().GetString("lock"); err == nil && file != "" {
			opts.LockFile = opts.Abs(file)
		}
		lock, diags := compiler.NearestLock(c.directoryOf(args, opts.Options), opts)
		if lock == nil || diags.HasErrors() {
			return nil, cobra.ShellCompDirectiveNoFileComp
		}
		return words(lock), cobra.ShellCompDirectiveNoFileComp
	})
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
