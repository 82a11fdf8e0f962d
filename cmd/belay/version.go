package main

import (
	"fmt"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

func (c *cli) versionCommand() *cobra.Command {
	return &cobra.Command{
		Use:     "version",
		Short:   "Print the version of belay, and the releases it knows",
		Example: `  belay version`,
		Args:    cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error {
			standard := target.Default()
			_, knatives := target.Known(target.Version{}, target.Knatives)
			_, istios := target.Known(target.Version{}, target.Istios)
			_, err := fmt.Fprintf(c.Out, "belay %s\nspec %s\nknative %s (default %s)\nistio %s (default %s)\n",
				version, schema.APIVersion, knatives, standard.Knative, istios, standard.Istio)
			return err
		},
	}
}
