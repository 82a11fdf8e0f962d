package main

import (
	"fmt"
	"slices"
	"strings"

	"github.com/spf13/cobra"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/spelling"
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
		Example: `  belay explain scale.window
  belay explain weights-sum
  belay explain --target --target-knative 1.20`,
		Args:              cobra.MaximumNArgs(1),
		ValidArgsFunction: completeExplained,
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

// explainIndex lists what can be explained: fields by the field that they are below,
// and codes by their group.
func (c *cli) explainIndex() error {
	var out strings.Builder
	section := func(format string, args ...any) { fmt.Fprintf(&out, "\n"+format+":\n", args...) }
	list := func(name, doc string) {
		first, _, _ := strings.Cut(doc, "\n")
		fmt.Fprintf(&out, "  %-28s %s\n", name, first)
	}
	fields := func(all []schema.Field) {
		for _, f := range all {
			list(f.Name, f.Doc)
		}
	}
	app := schema.Document.Field("apps").Type.Values
	out.WriteString("belay explain FIELD documents a field, and belay explain CODE a diagnostic.\n")
	section("Fields of a spec")
	fields(schema.Document.Fields)
	section("Fields of an app, as apps.web.FIELD or FIELD")
	fields(app.Fields)
	for _, parent := range slices.Concat(schema.Document.Fields, app.Fields) {
		if below := schema.FieldsBelow(parent.Name); len(below) > 0 && parent.Name != "apps" && parent.Name != "revisions" {
			section("Fields of %[1]s, as %[1]s.FIELD", parent.Name)
			fields(below)
		}
	}
	for _, group := range diag.Groups {
		section("Diagnostics: %s", group.Name)
		for _, code := range group.Codes {
			list(string(code), diag.Summary(code))
		}
	}
	return c.emit([]byte(out.String()))
}

// unexplained returns the error for text that is neither a field nor a code, with a
// similar field or code. A field is named by its path, as explain accepts it.
func unexplained(what string) error {
	hint := suggestExplained(what)
	if meant, ok := strings.CutPrefix(hint, "did you mean "); ok {
		hint = "did you mean " + strings.ReplaceAll(meant, ": ", ".")
	}
	if hint == "" {
		hint = "to list both, run: belay explain"
	}
	return fmt.Errorf("%s is neither a field of the spec nor a diagnostic; %s", what, hint)
}

// suggestExplained returns what text is most likely meant to be: the field that
// Kubernetes calls by that name, a field or a code that is similar, or "".
func suggestExplained(what string) string {
	var codes []string
	for _, code := range diag.Codes() {
		codes = append(codes, string(code))
	}
	dotted := strings.Contains(what, ".")
	if hint := check.Suggest(what, codes); hint != "" && !dotted {
		return hint
	}
	if path := correctPath(what); path != "" {
		return "did you mean " + path + "?"
	}
	if dotted {
		return suggestAbove(what)
	}
	if code := spelling.Nearest(what, codes); code != "" {
		return "did you mean " + code + "?"
	}
	return ""
}

// suggestAbove proposes to list the fields of the longest part of a path that is a
// field.
func suggestAbove(path string) string {
	for i := strings.LastIndexByte(path, '.'); i > 0; i = strings.LastIndexByte(path[:i], '.') {
		if len(schema.FieldsBelow(path[:i])) > 0 {
			return fmt.Sprintf("to list the fields of %[1]s, run: belay explain %[1]s", path[:i])
		}
	}
	return ""
}

// correctPath returns a path with each name that no field has replaced by the
// nearest one that a field there has; "" if one has none.
func correctPath(path string) string {
	var right []string
	for _, name := range strings.Split(path, ".") {
		parent := strings.Join(right, ".")
		if _, ok := schema.Lookup(strings.TrimPrefix(parent+"."+name, ".")); !ok {
			var names []string
			for _, f := range schema.FieldsBelow(parent) {
				names = append(names, f.Name)
			}
			if name = spelling.Nearest(name, names); name == "" {
				return ""
			}
		}
		right = append(right, name)
	}
	return strings.Join(right, ".")
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
