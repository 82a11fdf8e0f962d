// Package krmcall runs the KRM function as a process: for "belay krm" and for
// belay-krm.
package krmcall

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/adapter/krm"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/sandbox"
)

// Usage describes what the function does, by the kind of its configuration.
const Usage = `Be a KRM function: read a ResourceList from standard input, and write it to
standard output with what the configuration asks for. The kind of that is

    App       objects of an app; its spec is the app's, as in the fields of apps
    Apps      objects of a whole spec
    Render    objects of the specs at spec.path
    Pin       images of all items get the digests that the nearest lock has
    Finalize  items that belay made get back what kustomize took from them
    Vet       items are validated: what Knative would reject, and lost digests

all of belay.sh/v1alpha1. Results are printed on standard error as well. Nothing
outside the repository is read, or the CUE module, or --confine.
`

// maxUnsupervised is the size of the largest ResourceList, in bytes, that a process
// without a supervisor answers: whatever it contains, it does not need much memory.
const maxUnsupervised = 1 << 20

// A Call is one run of the function.
type Call struct {
	frontend.Process
	List   io.Reader // the ResourceList
	Bounds frontend.Bounds

	// Evaluator returns a program that evaluates CUE, and the arguments with which
	// it answers the call in a process that this one supervises.
	Evaluator func() (program string, args []string, err error)
}

// Run answers the call. The error is sandbox.Reported if what is wrong with the
// input has been printed, and the error of Supervise if another process answered.
func (c Call) Run(ctx context.Context) error {
	go func() {
		defer fault.Exit()
		compiler.Prepare() // most calls compile something
	}()
	c.Bounds.ForProgram = true // the results are for the host; people read those that are printed
	c.Bounds.Root = cmp.Or(c.Bounds.Root, frontend.Repository(c.Dir))
	opts, err := c.Options(frontend.Request{Bounds: c.Bounds}, func(setting string) string { return "--" + setting })
	if err != nil {
		return err
	}
	if c.Self != "" {
		opts.CUE = nil // only a supervised process evaluates CUE
	}
	limit := opts.Limits.Input
	in, err := io.ReadAll(io.LimitReader(c.List, limit+1))
	if err != nil {
		return err
	}
	if int64(len(in)) > limit {
		return c.ReportInputError(fmt.Errorf("the ResourceList is larger than %s; --max-input sets another limit", load.Size(limit)))
	}
	return c.answer(ctx, in, opts)
}

// answer answers a call with a list, or has another process answer it.
func (c Call) answer(ctx context.Context, in []byte, opts compiler.Options) error {
	if len(in) > maxUnsupervised && c.Self != "" {
		return c.Supervise(c.Self, c.Args, opts.Limits, bytes.NewReader(in))
	}
	out, results, err := krm.Run(ctx, in, opts)
	if errors.Is(err, krm.ErrEvaluates) {
		var program string
		var args []string
		if program, args, err = c.Evaluator(); err == nil {
			return c.Supervise(program, args, opts.Limits, bytes.NewReader(in))
		}
	}
	if err != nil {
		return c.ReportInputError(err)
	}
	for _, r := range results.First(c.Bounds.ErrorLimit) {
		fmt.Fprintln(c.Err, r)
	}
	if _, err := c.Out.Write(out); err != nil {
		return err
	}
	if results.HasErrors() {
		return sandbox.Reported
	}
	return nil
}
