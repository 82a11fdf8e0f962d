package main

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/adapter/krm"
)

func (c *cli) krmCommand() *cobra.Command {
	held := &confinement{}
	cmd := &cobra.Command{
		Use:   "krm",
		Short: "Be a KRM function, for kustomize and kpt",
		Long: `Be a KRM function: read a ResourceList from standard input, and write it to
standard output with what the configuration asks for. The kind of that is

    App       objects of an app; its spec is the app's, as in the fields of apps
    Apps      objects of a whole spec
    Render    objects of the specs at spec.path
    Pin       images of all items get the digests that the nearest lock has
    Finalize  items that belay made get back what kustomize took from them
    Vet       items are checked; what Knative would refuse, and lost digests

all of belay.sh/v1alpha1. Results are printed on standard error as well. Nothing
outside the repository is read, or the CUE module, or --confine.

A program called belay-krm does the same without an argument.`,
		Args: cobra.NoArgs,
		RunE: func(*cobra.Command, []string) error { return c.krm(held) },
	}
	held.flags(cmd.Flags())
	return cmd
}

func (c *cli) krm(held *confinement) error {
	held.root = cmp.Or(held.root, repository(c.dir))
	opts := krm.Options{Evaluate: c.self == ""}
	opts.Dir = c.dir
	if err := held.hold(&opts.Options.Options); err != nil {
		return err
	}
	in, err := c.stdin()
	if err != nil {
		return err
	}
	if limit := opts.Limits.Input; int64(len(in)) > limit {
		return c.failed(fmt.Errorf("the ResourceList is larger than %d MiB; --max-input sets another limit", limit>>20))
	}
	if len(in) > unwatched && c.self != "" {
		return c.supervise(opts.Options.Options, bytes.NewReader(in))
	}
	out, results, err := krm.Run(in, opts)
	if errors.Is(err, krm.ErrEvaluates) {
		return c.supervise(opts.Options.Options, bytes.NewReader(in))
	}
	if err != nil {
		return c.failed(err)
	}
	for _, r := range results {
		fmt.Fprintln(c.err, r)
	}
	if err := c.emit(out); err != nil {
		return err
	}
	if results.HasErrors() {
		return errReported
	}
	return nil
}

// unwatched is the size of a ResourceList, in bytes, that can't take much
// memory whatever is in it.
const unwatched = 1 << 20

// failed tells an error that is the input's: of a host there is no misuse.
func (c *cli) failed(err error) error {
	fmt.Fprintf(c.err, "belay: %v\n", err)
	return errReported
}
