package main

import (
	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/schema"
)

func (c *cli) schemaCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "schema",
		Short:   "Print the spec's schema",
		Example: `  belay schema > app.cue`,
		Args:    cobra.NoArgs,
		RunE:    func(*cobra.Command, []string) error { return c.emit(schema.Source) },
	}
}
