// Package frontend is what the front ends share: the command line, the KRM
// function and the plugin of Argo CD. It turns what a caller asks for into the
// compiler's options, bounds the run, has another process do it where the bounds
// have to be enforced from outside, and prints what is wrong.
//
// A front end translates its host's input into a Request, compiles within
// Process.Confine, selects objects by bundle.Select, and translates them back.
package frontend

import (
	"fmt"
	"io"
	"runtime"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/sandbox"
)

// A Process is what a front end may touch of the process that it runs in.
type Process struct {
	Dir   string                            // the working directory, absolute
	Args  []string                          // the arguments of the program
	Stdin func(limit int64) ([]byte, error) // standard input, as load.Options have it
	Out   io.Writer                         // the product
	Err   io.Writer                         // messages
	Color bool                              // messages are coloured
	CUE   load.Language                     // nil in a program that does not evaluate CUE
	Self  string                            // the program, to run it again as a child; "" in the child
}

// Confine calls run: in a process of its own that this one supervises, if the
// options confine the run, and here otherwise. That process runs the same program
// with the same arguments, gets stdin, and comes to the same call.
func (p Process) Confine(opts compiler.Options, stdin io.Reader, run func() error) error {
	if opts.Root == nil || p.Self == "" {
		return run()
	}
	return p.Supervise(p.Self, p.Args, opts.Limits, stdin)
}

// Supervise runs a program of belay's in a process of its own, and passes on what
// it prints. The error is a sandbox.ExitCode if what is wrong has been printed.
func (p Process) Supervise(program string, args []string, limits load.Limits, stdin io.Reader) error {
	p.warnUnbounded(runtime.GOOS)
	child := sandbox.Child{Program: program, Args: args, Dir: p.Dir, Stdin: stdin, Limits: limits}
	return child.Run(p.Out, p.Err)
}

// warnUnbounded prints a warning on an operating system on which the bound on memory
// is not enforced at once.
func (p Process) warnUnbounded(goos string) {
	if !sandbox.BoundsMemory(goos) {
		p.PrintLine("belay: warning: only Linux ends a run at once that takes too much memory; on this system it is noticed afterwards")
	}
}

// Report prints diagnostics as text on standard error. It returns
// sandbox.Reported if there are errors among them.
func (p Process) Report(list diag.List, opts load.Options) error {
	text := diag.Text{Source: opts.Source, Color: p.Color}.Print(Listed(list, opts))
	if _, err := p.Err.Write(text); err != nil {
		return err
	}
	if list.HasErrors() {
		return sandbox.Reported
	}
	return nil
}

// Listed returns the diagnostics that are printed one by one, and one that counts
// the others.
func Listed(list diag.List, opts load.Options) diag.List {
	if opts.Root != nil {
		return list.First(opts.Limits.Mistakes, "correct those that are listed, and run belay again")
	}
	return list.First(opts.Limits.Mistakes, "to list all, add --error-limit 0")
}

// ReportInputError prints an error, and returns sandbox.Reported: for a host that
// calls belay, which misuses nothing, what it passes on is input.
func (p Process) ReportInputError(err error) error {
	p.PrintError(err)
	return sandbox.Reported
}

// PrintLine prints one line to standard error, whatever the arguments contain.
func (p Process) PrintLine(format string, args ...any) {
	fmt.Fprintln(p.Err, diag.Printable(fmt.Sprintf(format, args...)))
}

// PrintError prints an error to standard error.
func (p Process) PrintError(err error) { fmt.Fprintln(p.Err, "belay: "+diag.ErrorText(err)) }
