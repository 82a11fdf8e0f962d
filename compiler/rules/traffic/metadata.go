package traffic

import (
	"slices"
	"time"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// metadataRules are the rules of this file.
var metadataRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkLabels, checkAnnotations},
}

// checkLabels keeps labels away that belay or the cluster sets.
func checkLabels(_ *target.Target, a *ir.App) diag.List {
	return rules.ReservedMetadata(a.Node.Field("labels"), "label", target.Label)
}

// checkAnnotations reports annotations that belay or the cluster sets, and
// values that Knative ignores or rejects later.
func checkAnnotations(t *target.Target, a *ir.App) (diags diag.List) {
	annotations := a.Node.Field("annotations")
	diags = rules.ReservedMetadata(annotations, "annotation", target.Annotation)
	for _, n := range annotations.Fields() {
		known := target.Annotation(n.Name)
		if !t.Knative.AtLeast(known.Since) {
			diags.Add(n.KeyErrorf(diag.UnsupportedField, "Knative %s does not read the annotation %s; it came with %s", t.Knative, n.Name, known.Since).
				WithHint("set target: knative: %q or newer", target.KnownSince(known.Since)))
		}
		if known.Values != nil && !slices.Contains(known.Values, n.Text) {
			diags.Add(n.Errorf(diag.InvalidAnnotation, "%s is %q; Knative knows only %s", n.Name, n.Text, diag.Or(known.Values)))
		}
		if n.Name == "serving.knative.dev/progress-deadline" {
			diags.Add(checkAnnotatedDuration(n)...)
		}
	}
	return diags
}

func checkAnnotatedDuration(n *ir.Node) diag.List {
	d, err := time.ParseDuration(n.Text)
	if err != nil || d <= 0 || d%time.Second != 0 {
		return diag.List{n.Errorf(diag.InvalidAnnotation, "%s is %q; it takes a duration of whole seconds, above 0", n.Name, n.Text)}
	}
	return nil
}
