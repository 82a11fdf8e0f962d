package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "version",
		Short: "Print the version of belay, and the releases it knows",
		Args:  cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			_, knatives := target.Known(target.Version{}, target.Knatives)
			_, istios := target.Known(target.Version{}, target.Istios)
			_, err := fmt.Fprintf(c.Out, "belay %s\nspec %s\nknative %s\nistio %s\n", version, schema.APIVersion, knatives, strings.TrimSpace(istios))
			return err
		},
	}
}
