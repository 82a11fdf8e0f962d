package main

import (
	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/invocation"
)

// specFlags are the flags that all commands over specs have.
type specFlags struct {
	frontend.Request
	strict bool
}

func (f *specFlags) addTo(cmd *cobra.Command) {
	flags := cmd.Flags()
	flags.StringArrayVarP(&f.Tags, "tag", "t", nil, "set a CUE @tag: `key=value`, or a key")
	flags.StringVar(&f.Knative, "target-knative", "", "compile for this `release` of Knative, instead of the spec's")
	flags.StringVar(&f.Istio, "target-istio", "", "compile for this `release` of Istio, instead of the spec's")
	flags.StringVar(&f.Lock, "lock", "", "the lock `file`, instead of the nearest belay.lock")
	flags.StringArrayVar(&f.Apps, "app", nil, "only this app: `name` or namespace/name; may be repeated")
	flags.StringVar(&f.Target, "target", "", "only specs for the target of this `name`")
	flags.StringVarP(&f.Namespace, "namespace", "n", "", "the `namespace` of apps whose spec names none; default without it")
	flags.BoolVar(&f.strict, "strict", false, "make warnings errors")
	f.Bounds.AddFlags(flags)
}

// options checks the flags, and returns the compiler's options for them. The
// error is a mistake on the command line.
func (f *specFlags) options(c *cli) (compiler.Options, error) {
	return c.Options(f.Request, flagName)
}

// flagName returns the flag of a setting.
func flagName(setting string) string { return "--" + setting }

// applyStrict returns the list with its warnings made errors, if --strict is set.
func (f *specFlags) applyStrict(list diag.List) diag.List {
	if f.strict {
		return list.AsErrors()
	}
	return list
}

// paths returns the arguments of a command, or the working directory.
func paths(args []string) []string {
	if len(args) == 0 {
		return []string{"."}
	}
	return args
}

// invocation returns what the caller wrote for the paths given, for the commands
// that messages propose.
func (f *specFlags) invocation(paths []string) invocation.Invocation {
	inv := invocation.Invocation{Paths: paths}
	for _, tag := range f.Tags {
		inv.Flags = append(inv.Flags, "-t", tag)
	}
	inv.Flags = append(inv.Flags,
		"-n", f.Namespace, "--target", f.Target, "--target-knative", f.Knative, "--target-istio", f.Istio,
		"--lock", f.Lock, "--confine", f.Bounds.Root, "--policy", f.Bounds.Policy)
	return inv
}
