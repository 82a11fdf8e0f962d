package main

import (
	"cmp"
	"encoding/json"
	"fmt"
	"slices"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

type targetFlags struct {
	specFlags
	format string
}

// A specTarget is the target of a spec, as "belay target" prints it.
type specTarget struct {
	Spec   string        `json:"spec"`
	Target string        `json:"target"` // the name; "" if it has none
	Values []targetValue `json:"values"`
}

// A targetValue is a value of a target, and what it is from: a place in a spec, the
// path of a lock, a flag, or "default".
type targetValue struct {
	Name  string `json:"name"`
	Value string `json:"value"`
	From  string `json:"from"`
}

func (c *cli) showTargets(cmd *cobra.Command, f *targetFlags, args []string) error {
	if f.format != "text" && f.format != "json" {
		return fmt.Errorf("--format %s is not one of text, json", f.format)
	}
	opts, err := f.options(c)
	if err != nil {
		return err
	}
	if len(args) > 0 && !opts.HasInput(opts.Abs(args[0])) {
		if err := misspeltSubcommand(cmd, args[0]); err != nil {
			return err
		}
	}
	return c.Confine(opts, nil, func() error {
		specs, diags, err := compiler.Check(cmd.Context(), paths(args), opts)
		if err != nil {
			return err
		}
		if err := c.Report(f.invocation(paths(args)).Complete(f.applyStrict(diags)), opts.Options); err != nil {
			return err
		}
		all := specTargets(specs, opts.Options)
		if len(all) == 0 {
			return noSpec(args)
		}
		return c.emit(printTargets(all, f.format))
	})
}

// specTargets returns the targets of specs, by the target's name and the spec's path.
func specTargets(specs []compiler.Checked, opts load.Options) (all []specTarget) {
	for _, spec := range specs {
		if !load.IsSpec(spec.Node) {
			continue
		}
		declared := spec.Node.Field("target")
		values := []targetValue{
			{"knative", spec.Target.Knative.String(), releaseOrigin(spec, "knative", spec.Origin.Knative, opts)},
			{"istio", spec.Target.Istio.String(), releaseOrigin(spec, "istio", spec.Origin.Istio, opts)},
		}
		if declared.Field("domain") == nil {
			values = append(values, targetValue{"domain", spec.Target.RouteDomain(), domainOrigin(spec)})
		}
		all = append(all, specTarget{spec.Path, spec.Target.Name, append(values, declaredValues(declared)...)})
	}
	slices.SortStableFunc(all, func(a, b specTarget) int {
		return cmp.Or(cmp.Compare(a.Target, b.Target), cmp.Compare(a.Spec, b.Spec))
	})
	return all
}

// releaseOrigin returns what a release is from.
func releaseOrigin(spec compiler.Checked, field string, source ir.Source, opts load.Options) string {
	switch source {
	case ir.FromCaller:
		return "--target-" + field
	case ir.FromSpec:
		if n := spec.Node.Field("target").Field(field); n != nil {
			return n.At.String()
		}
		return spec.Path
	case ir.FromLock:
		return opts.DisplayPath(spec.Lock)
	default:
		return "default"
	}
}

// domainOrigin returns what the domain is from, where the target does not have it: the
// platform may make one of its address.
func domainOrigin(spec compiler.Checked) string {
	if n := spec.Node.Field("platform").Field("sslip"); n != nil {
		return n.At.String()
	}
	return "default"
}

// declaredValues returns what a target's map has beside its name and its releases, by
// its path, sorted.
func declaredValues(declared *ir.Node) (values []targetValue) {
	var visit func(name string, n *ir.Node)
	visit = func(name string, n *ir.Node) {
		if n.Kind == schema.Struct {
			for _, child := range n.Children {
				visit(strings.TrimPrefix(name+"."+child.Name, "."), child)
			}
			return
		}
		if !slices.Contains([]string{"name", "knative", "istio"}, name) {
			values = append(values, targetValue{name, n.Text, n.At.String()})
		}
	}
	if declared != nil {
		visit("", declared)
	}
	slices.SortFunc(values, func(a, b targetValue) int { return cmp.Compare(a.Name, b.Name) })
	return values
}

// printTargets prints targets in a format: text or json.
func printTargets(all []specTarget, format string) []byte {
	if format == "json" {
		text, _ := json.MarshalIndent(all, "", "  ") // strings have no errors
		return append(text, '\n')
	}
	var b strings.Builder
	for i, t := range all {
		if i > 0 {
			b.WriteString("\n")
		}
		name := "the target without a name"
		if t.Target != "" {
			name = "target " + t.Target
		}
		fmt.Fprintf(&b, "%s: %s\n", t.Spec, name)
		out := tabwriter.NewWriter(&b, 0, 0, 2, ' ', 0)
		for _, v := range t.Values {
			fmt.Fprintf(out, "  %s\t%s\t%s\n", v.Name, v.Value, v.From)
		}
		out.Flush()
	}
	return diag.PrintableText([]byte(b.String()))
}
