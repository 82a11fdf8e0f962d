package main

import (
	"path/filepath"
	"slices"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/relock"
)

// ledgers returns the locks whose ledgers a run of render -o changes: those that are
// in a directory above the output. A run for other releases than the specs' own, or of
// standard input, is not what is deployed, and changes none. A lock that does not
// exist yet, or is of version 1, is written by belay pin alone.
func (c *cli) ledgers(f *renderFlags, args []string, run compiler.Run, opts compiler.Options) ([]relock.LockUpdate, error) {
	if f.noRecord || f.replay || f.Knative != "" || f.Istio != "" || slices.Contains(args, load.Stdin) {
		return nil, nil
	}
	updates, diags := relock.RecordLedgers(run, opts)
	if err := c.Report(diags, opts.Options); err != nil {
		return nil, err
	}
	return slices.DeleteFunc(updates, func(l relock.LockUpdate) bool {
		below, err := filepath.Rel(filepath.Dir(l.Path), c.outputDirectory(f))
		return err != nil || !filepath.IsLocal(below) || !opts.Exists(l.Path) || l.Old.Version != l.New.Version || l.New.Equal(l.Old)
	}), nil
}

// record writes the ledgers that a run changes.
func (c *cli) record(updates []relock.LockUpdate, opts compiler.Options) error {
	for _, l := range updates {
		if err := replaceFile(l.Path, l.New.Encode()); err != nil {
			return err
		}
		c.PrintLine("belay: apps recorded in %s: %d", opts.DisplayPath(l.Path), countRecorded(l))
	}
	return nil
}

// printUnrecorded prints which ledgers differ from what the specs compile to.
func (c *cli) printUnrecorded(updates []relock.LockUpdate, opts compiler.Options, command string) {
	for _, l := range updates {
		c.PrintLine("belay: the ledger of %s differs from the specs, apps: %d; run: %s", opts.DisplayPath(l.Path), countRecorded(l), command)
	}
}
