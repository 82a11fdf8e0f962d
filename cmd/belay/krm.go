package main

import (
	"os"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/internal/krmcall"
)

func (c *cli) krmCommand() *cobra.Command {
	call := krmcall.Call{
		Process:   c.Process,
		List:      os.Stdin,
		Evaluator: func() (string, []string, error) { return c.Self, c.Args, nil },
	}
	cmd := &cobra.Command{
		Use:   "krm",
		Short: "Be a KRM function, for kustomize and kpt",
		Long: krmcall.Usage + `
The program belay-krm is the same function: without an argument, and without
CUE, so that it starts sooner. For kind Render it runs the belay beside it, or
in PATH.`,
		Example: `  belay krm < resourcelist.yaml
  kustomize build --enable-alpha-plugins --enable-exec overlays/prod`,
		Args: cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error { return call.Run(cmd.Context()) },
	}
	call.Bounds.AddFlags(cmd.Flags())
	return cmd
}
