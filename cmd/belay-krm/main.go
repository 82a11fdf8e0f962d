// Belay-krm is belay's KRM function as a program of its own, for kustomize and
// kpt. It is linked without CUE, so that it starts sooner, and runs belay for
// configurations of kind Render, which need CUE.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"

	"github.com/spf13/pflag"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/frontend"
	_ "github.com/belay-sh/belay/internal/gctuning"
	"github.com/belay-sh/belay/internal/krmcall"
	"github.com/belay-sh/belay/internal/sandbox"
)

const usage = krmcall.Usage + `
Kind Render needs CUE, and so the program belay: the one beside this, or else the
first in PATH.

Flags:
`

func main() {
	defer fault.Exit()
	err := run(os.Args[1:])
	var code sandbox.ExitCode
	switch {
	case err == nil || errors.Is(err, pflag.ErrHelp):
		return
	case errors.As(err, &code):
		os.Exit(int(code))
	}
	fmt.Fprintln(os.Stderr, "belay-krm: "+diag.ErrorText(err))
	os.Exit(fault.Code)
}

func run(args []string) error {
	call := krmcall.Call{
		Process: frontend.Process{Self: sandbox.Self(), Args: args, Out: os.Stdout, Err: os.Stderr},
		List:    os.Stdin,
		Evaluator: func() (string, []string, error) {
			program, err := belay()
			return program, append([]string{"krm"}, args...), err
		},
	}
	flags := pflag.NewFlagSet("belay-krm", pflag.ContinueOnError)
	flags.Usage = func() { fmt.Print(usage, flags.FlagUsages()) }
	call.Bounds.AddFlags(flags)
	if err := flags.Parse(args); err != nil {
		return err
	}
	if flags.NArg() > 0 {
		return fmt.Errorf("it takes no arguments, only flags; there is %s", flags.Arg(0))
	}
	var err error
	if call.Dir, err = os.Getwd(); err != nil {
		return err
	}
	return call.Run(context.Background())
}

// belay returns the program that evaluates CUE: the one beside this, or the first in
// PATH.
func belay() (string, error) {
	if self, err := os.Executable(); err == nil {
		if beside, err := exec.LookPath(filepath.Join(filepath.Dir(self), "belay")); err == nil {
			return beside, nil
		}
	}
	found, err := exec.LookPath("belay")
	if err != nil {
		return "", errors.New("a configuration of kind Render is for belay, which is neither beside belay-krm nor in PATH")
	}
	return found, nil
}
