package main

import (
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

func (c *cli) vetCommand() *cobra.Command {
	in := &input{}
	var format string
	var changed bool
	cmd := &cobra.Command{
		Use:   "vet [PATH...]",
		Short: "Check specs; print what is wrong with them",
		Long: `Check specs and print what is wrong with them, on standard output.

PATH is a file, a directory with a CUE package, or ends in /... for every
package below that has a spec; "-" is standard input. Without one it is the
working directory. An image without a pin is a warning here.`,
		RunE: func(_ *cobra.Command, args []string) error {
			opts, err := in.options(c)
			if err != nil {
				return err
			}
			if in.Confined() && c.Self != "" {
				return c.supervise(opts.Options, os.Stdin)
			}
			print, err := printer(format, opts.Options, c.color)
			if err != nil {
				return err
			}
			opts.MissingPins, opts.Part = diag.Warning, changed
			opts.TargetUnset = diag.Note
			run, diags, err := compiler.CompileAll(inputs(args, changed, opts.Options), opts)
			if err != nil {
				return err
			}
			diags = in.invocation(inputs(args, changed, opts.Options)).complete(in.severe(diags))
			if len(run.Bundles) == 0 && len(diags) == 0 && !changed {
				return noSpec(args)
			}
			if err := c.emit(print(diags)); err != nil {
				return err
			}
			if diags.HasErrors() {
				return errReported
			}
			return nil
		},
	}
	in.flags(cmd)
	cmd.Flags().BoolVar(&changed, "changed", false, "the arguments are files that changed; check the specs that they have a part in")
	cmd.Flags().StringVar(&format, "format", "text", "how to print: text, json, sarif or github")
	return cmd
}

// noSpec is the error of a run whose paths name no spec.
func noSpec(args []string) error {
	return fmt.Errorf("there is no spec in %s; a spec is a CUE package or a file with a field apps, platform or namespaces", strings.Join(paths(args), " "))
}

func printer(format string, opts load.Options, color bool) (func(diag.List) []byte, error) {
	switch format {
	case "text":
		return diag.Text{Source: opts.Source, Color: color}.Print, nil
	case "json":
		return diag.JSON, nil
	case "sarif":
		return diag.SARIF{Version: version, Source: opts.Source}.Print, nil
	case "github":
		return diag.GitHub, nil
	}
	return nil, fmt.Errorf("--format %s is not one of text, json, sarif, github", format)
}
