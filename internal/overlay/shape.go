package overlay

import (
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
)

// CheckShape reports an object whose apiVersion, kind or metadata is not of the kind
// of value that every object has there. It reports the first such field; ok is true
// if there is none. kyaml's methods on an object without this shape may crash, so
// that nothing else is done with it.
func CheckShape(o *yaml.RNode) (f Finding, ok bool) {
	malformed := func(path, want string) (Finding, bool) {
		return Finding{
			Object: o, Severity: diag.Error, Code: diag.WrongType, Path: path, Message: path + " is not " + want,
			Called: yaml.ResourceIdentifier{
				TypeMeta: yaml.TypeMeta{APIVersion: scalarOf(o, "apiVersion"), Kind: scalarOf(o, "kind")},
				NameMeta: yaml.NameMeta{Name: scalarOf(o, "metadata", "name"), Namespace: scalarOf(o, "metadata", "namespace")},
			},
		}, false
	}
	if !isKind(o, yaml.MappingNode) {
		return malformed("", "a map")
	}
	for _, path := range [][]string{{"apiVersion"}, {"kind"}} {
		if !isKind(field(o, path...), yaml.ScalarNode) {
			return malformed(path[0], "a string")
		}
	}
	metadata := field(o, "metadata")
	if !isKind(metadata, yaml.MappingNode) {
		return malformed("metadata", "a map, such as {name: web}")
	}
	for _, name := range []string{"name", "namespace"} {
		if !isKind(field(metadata, name), yaml.ScalarNode) {
			return malformed("metadata."+name, "a string")
		}
	}
	for _, name := range []string{"labels", "annotations"} {
		values := field(metadata, name)
		if !isKind(values, yaml.MappingNode) {
			return malformed("metadata."+name, "a map of strings")
		}
		if key := keyOfOther(values, yaml.ScalarNode); key != "" {
			return malformed("metadata."+name+"."+key, "a string")
		}
	}
	return Finding{}, true
}

// isKind reports whether a value is of a kind, or is missing or null.
func isKind(n *yaml.RNode, kind yaml.Kind) bool {
	return yaml.IsMissingOrNull(n) || n.YNode().Kind == kind
}

// keyOfOther returns the first key of a map whose value is not of a kind; "" if there
// is none.
func keyOfOther(n *yaml.RNode, kind yaml.Kind) string {
	if yaml.IsMissingOrNull(n) {
		return ""
	}
	content := n.YNode().Content
	for i := 0; i+1 < len(content); i += 2 {
		if content[i+1].Kind != kind {
			return content[i].Value
		}
	}
	return ""
}

// scalarOf returns the scalar at a path of an object of any shape; "" if there is
// none.
func scalarOf(o *yaml.RNode, path ...string) string {
	n := field(o, path...)
	if n == nil || n.YNode().Kind != yaml.ScalarNode {
		return ""
	}
	return n.YNode().Value
}
