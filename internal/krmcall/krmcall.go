// Package krmcall is belay's KRM function as a process: what "belay krm" does,
// and belay-krm.
package krmcall

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/adapter/krm"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/sandbox"
)

// Usage says what the function does, by the kind of its configuration.
const Usage = `Be a KRM function: read a ResourceList from standard input, and write it to
standard output with what the configuration asks for. The kind of that is

    App       objects of an app; its spec is the app's, as in the fields of apps
    Apps      objects of a whole spec
    Render    objects of the specs at spec.path
    Pin       images of all items get the digests that the nearest lock has
    Finalize  items that belay made get back what kustomize took from them
    Vet       items are checked; what Knative would refuse, and lost digests

all of belay.sh/v1alpha1. Results are printed on standard error as well. Nothing
outside the repository is read, or the CUE module, or --confine.
`

// unwatched is the size of a ResourceList, in bytes, that can't take much
// memory whatever is in it.
const unwatched = 1 << 20

// A Call is one run of the function.
type Call struct {
	Dir    string // the working directory, absolute
	Stdin  io.Reader
	Out    io.Writer
	Err    io.Writer
	Bounds sandbox.Bounds
	CUE    load.Language // nil in a program that does not evaluate it

	// Self and Evaluator are programs that answer the call in a process which
	// this one watches over, if they are given the arguments: Self, the same,
	// and Evaluator, one that evaluates CUE. Self is "" in that process.
	Self      string
	Evaluator func() (program string, args []string, err error)
	Args      []string
}

// Run answers the call. The error is sandbox.Reported, if what is wrong with the
// input has been printed, or that of the process which answered.
func (c Call) Run() error {
	go func() {
		defer fault.Exit()
		compiler.Prepare() // it mostly has something to compile
	}()
	c.Bounds.Root = cmp.Or(c.Bounds.Root, sandbox.Repository(c.Dir))
	opts := krm.Options{Evaluate: c.Self == "" && c.CUE != nil}
	opts.Dir, opts.CUE, opts.Policy = c.Dir, c.CUE, c.Bounds.Policy
	if err := c.Bounds.Hold(&opts.Options.Options); err != nil {
		return err
	}
	limit := opts.Limits.Input
	in, err := io.ReadAll(io.LimitReader(c.Stdin, limit+1))
	if err != nil {
		return err
	}
	if int64(len(in)) > limit {
		return c.failed(fmt.Errorf("the ResourceList is larger than %s; --max-input sets another limit", load.Size(limit)))
	}
	if len(in) > unwatched && c.Self != "" {
		return c.supervise(c.Self, c.Args, in, opts.Limits)
	}
	out, results, err := krm.Run(in, opts)
	if errors.Is(err, krm.ErrEvaluates) {
		program, args, err := c.Evaluator()
		if err != nil {
			return c.failed(err)
		}
		return c.supervise(program, args, in, opts.Limits)
	}
	if err != nil {
		return c.failed(err)
	}
	for _, r := range results {
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

// supervise has the call answered by a process of its own.
func (c Call) supervise(program string, args []string, in []byte, limits load.Limits) error {
	child := sandbox.Child{Program: program, Args: args, Dir: c.Dir, Stdin: bytes.NewReader(in), Limits: limits}
	return child.Run(c.Out, c.Err)
}

// failed tells an error that is the input's: of a host there is no misuse.
func (c Call) failed(err error) error {
	fmt.Fprintln(c.Err, "belay: "+diag.ErrorText(err))
	return sandbox.Reported
}
