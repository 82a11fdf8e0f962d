package overlay

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler/meshpolicy"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
)

// vetSelectors reports the policies of an app that do not select the pods of a
// template of the app.
func (b *build) vetSelectors(o *yaml.RNode) {
	app := o.GetLabels()[objectmeta.NameLabel]
	for _, policy := range b.own() {
		if !meshpolicy.IsPolicy(policy.GetKind()) || policy.GetNamespace() != o.GetNamespace() || policy.GetLabels()[objectmeta.NameLabel] != app {
			continue
		}
		path, selector := selectorOf(policy)
		if homeOf(policy) != "" {
			continue // an overlay moved a policy for Knative's activator, which is reported as such
		}
		for _, key := range ir.Sorted(selector) {
			if !hasPodLabel(o, key, selector[key]) {
				b.report(newError(policy, diag.LostPolicy, path, "it does not select the pods of %s %s: these have no label %s: %s", o.GetKind(), o.GetName(), key, selector[key]))
			}
		}
	}
}

// selectorOf returns the labels that a policy selects pods by, and their path. A
// ServiceEntry has none.
func selectorOf(policy *yaml.RNode) (path string, labels map[string]string) {
	for _, at := range [][]string{{"spec", "selector", "matchLabels"}, {"spec", "workloadSelector", "labels"}} {
		n := field(policy, at...)
		if n == nil || n.YNode().Kind != yaml.MappingNode {
			continue
		}
		labels = map[string]string{}
		for i := 0; i+1 < len(n.YNode().Content); i += 2 {
			labels[n.YNode().Content[i].Value] = n.YNode().Content[i+1].Value
		}
		return strings.Join(at, "."), labels
	}
	return "", nil
}

// hasPodLabel reports whether the pods of an object have a label: its template
// has it, or Knative sets it to the name of the Service. While kustomize builds,
// that may be a former name: it renames what refers to the Service last.
func hasPodLabel(o *yaml.RNode, key, value string) bool {
	if key == objectmeta.ServiceLabel && o.GetKind() == "Service" {
		return value == o.GetName() || slices.Contains(formerNames(o), value)
	}
	return yaml.GetValue(field(o, "spec", "template", "metadata", "labels", key)) == value
}
