package main

import (
	"context"
	"fmt"
	"os"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/internal/diag"
)

type vetFlags struct {
	specFlags
	format  string
	changed bool
}

func (c *cli) vetCommand() *cobra.Command {
	f := &vetFlags{}
	cmd := &cobra.Command{
		Use:   "vet [PATH...]",
		Short: "Validate specs, or rendered objects; print what is wrong with them",
		Long: `Validate specs and print what is wrong with them, on standard output.

PATH is a file, a directory with a CUE package, or ends in /... for every
package below that has a spec; "-" is standard input. Without one it is the
working directory. An image without a pin is a warning here.

PATH may also be Kubernetes objects: a YAML or JSON file or standard input with
an object of Knative or Istio, or a directory with such files and no spec. They
are validated as the webhooks would, and objects that belay made are compared
with what it wrote.`,
		Example: `  belay vet ./...
  belay vet --format github apps/web
  belay render -o rendered && belay vet rendered
  kustomize build overlays/prod | belay vet -`,
		RunE: func(cmd *cobra.Command, args []string) error { return c.vet(cmd.Context(), f, args) },
	}
	f.addTo(cmd)
	cmd.Flags().BoolVar(&f.changed, "changed", false, "the arguments are files that changed; check the specs that they have a part in")
	cmd.Flags().StringVar(&f.format, "format", "text", "how to print: "+formats)
	return cmd
}

func (c *cli) vet(ctx context.Context, f *vetFlags, args []string) error {
	f.ForProgram = f.format != "text"
	opts, err := f.options(c)
	if err != nil {
		return err
	}
	print, err := c.printer(f.format, opts.Options)
	if err != nil {
		return err
	}
	return c.Confine(opts, os.Stdin, func() error {
		opts.MissingPins, opts.Part = diag.Warning, f.changed
		opts.TargetUnset = diag.Note
		diags, err := f.vetPaths(ctx, args, opts)
		if err != nil {
			return err
		}
		diags = f.applyStrict(diags)
		if err := c.emit(print(diags)); err != nil {
			return err
		}
		if diags.HasErrors() {
			return errReported
		}
		return nil
	})
}

// noSpec is the error of a run whose paths name no spec.
func noSpec(args []string) error {
	return fmt.Errorf("there is no spec in %s; a spec is a CUE package or a file with a field apps, platform or namespaces", strings.Join(paths(args), " "))
}
