package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/krmcall"
	"github.com/belay-sh/belay/internal/sandbox"
)

func (c *cli) krmCommand() *cobra.Command {
	held := &sandbox.Bounds{}
	cmd := &cobra.Command{
		Use:   "krm",
		Short: "Be a KRM function, for kustomize and kpt",
		Long: krmcall.Usage + `
The program belay-krm is the same function: without an argument, and without
CUE, so that it starts sooner. For kind Render it runs the belay beside it, or
in PATH.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.krm(held) },
	}
	held.Flags(cmd.Flags())
	return cmd
}

func (c *cli) krm(held *sandbox.Bounds) error {
	return krmcall.Call{
		Dir: c.Dir, Stdin: os.Stdin, Out: c.Out, Err: c.Err, Bounds: *held,
		CUE:       cuelang.Language{},
		Self:      c.Self,
		Evaluator: func() (string, []string, error) { return c.Self, c.Args, nil },
		Args:      c.Args,
	}.Run()
}
