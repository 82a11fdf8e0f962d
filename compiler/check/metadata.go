package check

import (
	"slices"
	"time"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// checkLabels keeps labels away that belay or the cluster sets.
func checkLabels(_ *target.Target, a *ir.App) diag.List {
	return reservedMetadata(a.Node.Field("labels"), "label", target.Label)
}

// checkAnnotations does the same for annotations, and holds those whose value
// Knative reads later, or ignores, to values that it knows.
func checkAnnotations(t *target.Target, a *ir.App) (diags diag.List) {
	annotations := a.Node.Field("annotations")
	diags = reservedMetadata(annotations, "annotation", target.Annotation)
	for _, n := range children(annotations) {
		known := target.Annotation(n.Name)
		if !t.Knative.AtLeast(known.Since) {
			diags.Add(n.KeyErrorf(diag.UnsupportedField, "Knative %s does not read the annotation %s; it came with %s", t.Knative, n.Name, known.Since).
				WithHint("set target: knative: %q or newer", target.KnownSince(known.Since)))
		}
		if known.Values != nil && !slices.Contains(known.Values, n.Text) {
			diags.Add(n.Errorf(diag.InvalidAnnotation, "%s is %q; Knative knows only %s", n.Name, n.Text, or(known.Values)))
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

func reservedMetadata(n *ir.Node, what string, lookup func(string) target.MetadataKey) (diags diag.List) {
	for _, entry := range children(n) {
		if known := lookup(entry.Name); known.Place == target.Nowhere {
			diags.Add(entry.KeyErrorf(diag.ReservedMetadata, "the %s %s can't be set here: %s", what, entry.Name, known.Why))
		}
	}
	return diags
}

// namespaceLabels are the labels of a Namespace: fields stand for two of them.
func namespaceLabels(key string) target.MetadataKey {
	switch key {
	case "istio-injection":
		return target.MetadataKey{Place: target.Nowhere, Why: "write inject"}
	case "istio.io/rev":
		return target.MetadataKey{Place: target.Nowhere, Why: "write revision"}
	}
	if key == "istio.io/dataplane-mode" || key == "istio.io/use-waypoint" {
		return target.MetadataKey{}
	}
	return target.Label(key)
}
