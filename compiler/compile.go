// Package compiler is the spine: it takes the specs that the user named through
// the stages, many at a time, and collects their bundles and diagnostics.
//
//	load -> check -> pin -> lower -> merge
//
// Front ends call Compile or CompileAll. Package relock calls Check for what
// specs need of a lock, and CompileAll for what the lock is to record of them.
// The adapter for KRM calls Check and NearestLock for functions over objects,
// which the stages below do not make.
//
// Effects are in load, which reads files; the lock, the policy and a platform's
// manifests are read through it as well. Emitting and writing is the front end's,
// since it depends on the host what is to be written.
//
// The package is not part of belay's promised API: that is package belay, at the
// root of the module.
package compiler

import (
	"context"
	"sync"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// Options of a run.
type Options struct {
	load.Options
	check.Overrides // what the caller sets instead of the spec

	Repository string // the directory that owners of files are relative to, instead of the one that is found; absolute

	Part     bool                 // the paths are a part of what the caller's flags are for: a tag may be for others
	Target   string               // only specs whose target has this name; all if empty
	Apps     []string             // only these apps, by name or namespace/name; all if empty
	LockFile string               // the lock for all units, instead of the nearest one; absolute
	Locks    map[string]*pin.Lock // locks in memory, by absolute path, instead of files; the run does not change them
	Pins     map[string]pin.Entry // digests that go before those of any lock, by reference

	// Policy is what the specs may emit: the name of a policy, or the path of a
	// file with one. A run that is confined has the policy "tenant" if it is "".
	// With a PolicyText, which is what such a file has in it, the path is only a
	// name for diagnostics.
	Policy     string
	PolicyText []byte

	MissingPins diag.Severity // of an image without a digest; an error if empty
	TargetUnset diag.Severity // of a target whose release neither spec nor lock names; not reported if empty
	Replace     bool          // accept that an app changes its kind
	Replay      bool          // compile what an empty cluster is to be given first, and nothing else: see lower.Replay

	// ForLockUpdate is set for a run that computes new locks: it accepts locks in
	// any form, and computes the digests of the CUE modules that specs import.
	ForLockUpdate        bool
	IgnoreLockedReleases bool // compile for the default releases instead of a lock's
}

// Compile compiles the specs that paths name, which are for one target. The
// bundle is sorted, and whole: with errors in the list it is empty. The error is
// about a path as such, a SeveralTargetsError of package bundle, or the cause of
// the end of ctx.
func Compile(ctx context.Context, paths []string, opts Options) (ir.Bundle, diag.List, error) {
	run, diags, err := CompileAll(ctx, paths, opts)
	if err != nil || diags.HasErrors() {
		return ir.Bundle{}, diags, err
	}
	b, err := run.Only()
	return b, diags, err
}

// CompileAll compiles the specs that paths name. The bundles are sorted, and
// whole: with errors in the list there are none. The error is about a path as
// such, or the cause of the end of ctx.
//
// When ctx ends, or a limit of opts is exceeded, CompileAll returns at once. What
// evaluates a spec at that moment can't be interrupted and goes on until it is
// done with that spec, so it may still read files. The limits of CPU time and of
// memory are those of the whole process.
func CompileAll(ctx context.Context, paths []string, opts Options) (Run, diag.List, error) {
	return runLimited(ctx, opts.Limits, func(ctx context.Context, l *limiter) (Run, diag.List, error) {
		go func() {
			defer fault.Exit()
			Prepare()
		}()
		r, diags, err := newRun(paths, opts, l)
		if err != nil || diags.HasErrors() {
			return Run{}, diags, err
		}
		r.owners = newOwners(opts, paths, r.units)
		units, err := eachUnit(ctx, r, r.compile)
		if err != nil {
			return Run{}, nil, err
		}
		return r.merge(units)
	})
}

// Check runs the first two stages over the specs that paths name. For a run that
// computes locks, a spec has the digests of the modules that it imports. The
// error is about a path as such, or the cause of the end of ctx.
func Check(ctx context.Context, paths []string, opts Options) ([]Checked, diag.List, error) {
	return runLimited(ctx, opts.Limits, func(ctx context.Context, l *limiter) ([]Checked, diag.List, error) {
		r, diags, err := newRun(paths, opts, l)
		if err != nil || diags.HasErrors() {
			return nil, diags, err
		}
		units, err := eachUnit(ctx, r, r.check)
		if err != nil {
			return nil, nil, err
		}
		return r.collect(units)
	})
}

var prepare = sync.OnceFunc(admission.WarmCaches)

// Prepare is admission.WarmCaches, once in a process. CompileAll calls it; a
// front end that is still reading what to compile can do so before.
func Prepare() { prepare() }
