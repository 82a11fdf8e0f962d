package main

import (
	"fmt"
	"path/filepath"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/sandbox"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// input is what commands that read specs have in common.
type input struct {
	tags      []string
	knative   string
	istio     string
	lock      string
	apps      []string
	namespace string
	target    string
	strict    bool
	sandbox.Bounds
}

func (in *input) flags(cmd *cobra.Command) {
	f := cmd.Flags()
	f.StringArrayVarP(&in.tags, "tag", "t", nil, "set a CUE @tag: `key=value`, or a key")
	f.StringVar(&in.knative, "target-knative", "", "compile for this `release` of Knative, instead of the spec's")
	f.StringVar(&in.istio, "target-istio", "", "compile for this `release` of Istio, instead of the spec's")
	f.StringVar(&in.lock, "lock", "", "the lock `file`, instead of the nearest belay.lock")
	f.StringArrayVar(&in.apps, "app", nil, "only this app: `name` or namespace/name; may be repeated")
	f.StringVar(&in.target, "target", "", "only specs for the target of this `name`")
	f.StringVarP(&in.namespace, "namespace", "n", "", "the `namespace` of apps whose spec names none; default without it")
	f.BoolVar(&in.strict, "strict", false, "make warnings errors")
	in.Bounds.Flags(f)
}

// options checks the flags, which are the caller's words and not the input's.
func (in *input) options(c *cli) (compiler.Options, error) {
	opts := compiler.Options{
		Options:   load.Options{CUE: cuelang.Language{}, Dir: c.Dir, Tags: in.tags, Stdin: c.Stdin},
		Overrides: check.Overrides{Knative: in.knative, Istio: in.istio, Namespace: in.namespace},
		Target:    in.target,
		Apps:      in.apps,
		Policy:    in.Policy,
	}
	if err := in.Hold(&opts.Options); err != nil {
		return opts, err
	}
	if err := known("target-knative", in.knative, target.Knatives); err != nil {
		return opts, err
	}
	if err := known("target-istio", in.istio, target.Istios); err != nil {
		return opts, err
	}
	if err := checkNamespace("--namespace", in.namespace); err != nil {
		return opts, err
	}
	if in.lock != "" {
		opts.LockFile = in.lock
		if !filepath.IsAbs(in.lock) {
			opts.LockFile = filepath.Join(c.Dir, in.lock)
		}
	}
	return opts, nil
}

func known(flag, version string, releases []target.Version) error {
	if version == "" {
		return nil
	}
	v, ok := target.Parse(version)
	if listed, list := target.Known(v, releases); !ok || !listed {
		return fmt.Errorf("--%s %s is not a release that belay knows; it knows %s", flag, version, list)
	}
	return nil
}

// severe is the list with warnings as the flags want them.
func (in *input) severe(list diag.List) diag.List {
	if in.strict {
		return list.AsErrors()
	}
	return list
}

// paths are the arguments, or the working directory.
func paths(args []string) []string {
	if len(args) == 0 {
		return []string{"."}
	}
	return args
}

// checkNamespace returns an error for text that is not the name of a namespace,
// which the caller has set as what; "" is none.
func checkNamespace(what, text string) error {
	form := schema.Document.Field("target").Type.Field("name").Type.Pattern
	if text == "" || form.Match(text) {
		return nil
	}
	return fmt.Errorf("%s %s is not the name of a namespace, such as team-a; it takes %s", what, text, form.Form)
}
