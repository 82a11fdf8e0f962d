package overlay

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/naming"
)

// policedNamespace returns the namespace of the app that a policy at Knative's
// activator is about; "" for any other object.
func policedNamespace(spec *yaml.RNode) string {
	for _, node := range policedNamespaces(spec) {
		return node.Value
	}
	return ""
}

// policedNamespaces returns the values by which a policy at the activator matches
// the namespace of an app; none for any other object.
func policedNamespaces(spec *yaml.RNode) (found []*yaml.Node) {
	for _, rule := range elements(spec, "rules") {
		for _, condition := range elements(rule, "when") {
			if yaml.GetValue(field(condition, "key")) != naming.HeaderKey(naming.NamespaceHeader) {
				continue
			}
			for _, value := range elements(condition, "values") {
				found = append(found, value.YNode())
			}
		}
	}
	return found
}
