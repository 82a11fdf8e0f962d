package main

import (
	"fmt"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

func (c *cli) explainCommand() *cobra.Command {
	var aboutTarget bool
	var knative, istio string
	cmd := &cobra.Command{
		Use:   "explain [FIELD|CODE]",
		Short: "Document a field of the spec, a diagnostic, or a target",
		Long: `Document a field of the spec, as "apps.web.scale.min" or "scale.min", or a
diagnostic by its code, as "weights-sum"; or with --target what the releases
have that a spec is compiled for: flags, settings, API versions. Without an
argument, list the fields and the codes.`,
		Args: cobra.MaximumNArgs(1),
		RunE: func(_ *cobra.Command, args []string) error {
			switch {
			case aboutTarget && len(args) == 0:
				return c.explainTarget(knative, istio)
			case aboutTarget:
				return fmt.Errorf("--target documents a target, and %s is a field or a code; leave out one of them", args[0])
			case len(args) == 0:
				return c.explainIndex()
			}
			return c.explain(args[0])
		},
	}
	cmd.Flags().BoolVar(&aboutTarget, "target", false, "document a target instead")
	cmd.Flags().StringVar(&knative, "target-knative", "", "with --target: the `release` of Knative")
	cmd.Flags().StringVar(&istio, "target-istio", "", "with --target: the `release` of Istio")
	return cmd
}

func (c *cli) explain(what string) error {
	if page, ok := diag.Page(diag.Code(what)); ok {
		return c.emit([]byte(page))
	}
	text, ok := schema.Explain(what)
	if !ok {
		return unexplained(what)
	}
	return c.emit([]byte(text))
}

// explainIndex lists what can be explained.
func (c *cli) explainIndex() error {
	var out strings.Builder
	list := func(name, doc string) {
		first, _, _ := strings.Cut(doc, "\n")
		fmt.Fprintf(&out, "  %-28s %s\n", name, first)
	}
	out.WriteString("Fields of a spec, which belay explain FIELD documents with the fields below them:\n")
	for _, f := range schema.Document.Fields {
		list(f.Name, f.Doc)
	}
	out.WriteString("\nFields of an app, as apps.web.FIELD or FIELD:\n")
	for _, f := range schema.Document.Field("apps").Type.Values.Fields {
		list(f.Name, f.Doc)
	}
	out.WriteString("\nDiagnostics, which belay explain CODE documents:\n")
	for _, code := range diag.Codes() {
		list(string(code), diag.Summary(code))
	}
	return c.emit([]byte(out.String()))
}

// unexplained returns the error for text that is neither a field nor a code, with a
// similar field or code. A field is named by its path, as explain accepts it.
func unexplained(what string) error {
	var codes []string
	for _, code := range diag.Codes() {
		codes = append(codes, string(code))
	}
	hint := check.Suggest(what, codes)
	if meant, ok := strings.CutPrefix(hint, "did you mean "); ok {
		hint = "did you mean " + strings.ReplaceAll(meant, ": ", ".")
	}
	if hint != "" {
		hint = "; " + hint
	}
	return fmt.Errorf("%s is neither a field of the spec nor a diagnostic%s", what, hint)
}

func (c *cli) explainTarget(knative, istio string) error {
	t := target.Default()
	for _, r := range []struct {
		flag, version string
		releases      []target.Version
		set           *target.Version
	}{{"target-knative", knative, target.Knatives, &t.Knative}, {"target-istio", istio, target.Istios, &t.Istio}} {
		if err := frontend.CheckRelease(r.version, r.releases); err != nil {
			return fmt.Errorf("--%s %w", r.flag, err)
		}
		if v, ok := target.Parse(r.version); ok {
			*r.set = v
		}
	}
	return c.emit([]byte(describeTarget(t)))
}
