package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/schema"
)

func (c *cli) explainCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "explain FIELD|CODE",
		Short: "Document a field of the spec, or a diagnostic",
		Long: `Document a field of the spec, as "apps.web.scale.min" or "scale.min", or a
diagnostic by its code, as "weights-sum".`,
		Args: cobra.ExactArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			if page, ok := diag.Page(diag.Code(args[0])); ok {
				return c.emit([]byte(page))
			}
			text, ok := schema.Explain(args[0])
			if !ok {
				return fmt.Errorf("%s is neither a field of the spec nor a diagnostic", args[0])
			}
			return c.emit([]byte(strings.TrimRight(text, "\n") + "\n"))
		},
	}
}
