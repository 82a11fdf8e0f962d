package krm

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/kio/kioutil"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/overlay"
)

// The annotations by which hosts know which file an object is from, in both
// spellings.
const (
	pathAnnotation        = kioutil.PathAnnotation
	indexAnnotation       = kioutil.IndexAnnotation
	legacyPathAnnotation  = "config.kubernetes.io/path" // deprecated by kyaml, and what kpt reads
	legacyIndexAnnotation = "config.kubernetes.io/index"
)

// allowedFields are the fields that a configuration of each kind may have, besides
// those that every object has. The fields of spec are either those of a spec, or
// listed here as "spec.path".
var allowedFields = map[string][]string{
	"App":      {"spec", "target", "pins", "cluster"},
	"Apps":     {"spec", "pins", "cluster"},
	"Render":   {"spec.path", "spec.target", "spec.app", "spec.tags", "spec.cluster", "pins"},
	"Pin":      {"spec.images"},
	"Finalize": {"spec.images", "target"},
	"Vet":      {"spec.emit", "target"},
}

// A config is a functionConfig.
type config struct {
	node *yaml.RNode
	kind string
}

func newConfig(node *yaml.RNode) *config { return &config{node: node, kind: node.GetKind()} }

// check reports fields that the kind of the configuration does not have.
func (c *config) check() (results Results) {
	known, ok := allowedFields[c.kind]
	if !ok || c.node.GetApiVersion() != overlay.FunctionAPI {
		return Results{newResult(c.node, diag.Error, diag.NotASpec, "kind", "%s %s is not a function of belay; belay has %s, of %s",
			c.node.GetApiVersion(), c.kind, strings.Join(ir.Sorted(allowedFields), ", "), overlay.FunctionAPI)}
	}
	unknown := func(at *yaml.RNode, prefix string) {
		names, err := at.Fields()
		if err != nil {
			results.add(newResult(c.node, diag.Error, diag.WrongType, strings.TrimSuffix(prefix, "."), "this takes a map"))
		}
		for _, name := range names {
			path := prefix + name
			if slices.Contains([]string{"apiVersion", "kind", "metadata"}, path) || slices.ContainsFunc(known, func(k string) bool {
				return k == path || strings.HasPrefix(k, path+".")
			}) {
				continue
			}
			results.add(newResult(c.node, diag.Error, diag.UnknownField, path, "the kind %s has no field %s; it has %s", c.kind, path, strings.Join(known, ", ")))
		}
	}
	if c.kind == "App" && c.node.GetName() == "" {
		results.add(newResult(c.node, diag.Error, diag.MissingField, "metadata.name", "an App lacks metadata.name, which is the name of the app"))
	}
	unknown(c.node, "")
	if spec := c.field("spec"); spec != nil && !slices.Contains(known, "spec") {
		unknown(spec, "spec.")
	}
	return results
}

// field returns the value at a path; nil if it is missing or null.
func (c *config) field(path ...string) *yaml.RNode { return fieldOf(c.node, path...) }

// fieldOf returns the value at a path of a document; nil if it is missing or null.
func fieldOf(document *yaml.RNode, path ...string) *yaml.RNode {
	n, err := document.Pipe(yaml.Lookup(path...))
	if err != nil || yaml.IsMissingOrNull(n) {
		return nil
	}
	return n
}

// text returns the scalar at a path, or "".
func (c *config) text(path ...string) string { return yaml.GetValue(c.field(path...)) }

// texts returns the scalars of the list or map at a path: the elements, or the
// keys with their values as "key=value".
func (c *config) texts(path ...string) (out []string) {
	n := c.field(path...)
	if n == nil {
		return nil
	}
	content := n.Content()
	if n.YNode().Kind != yaml.MappingNode {
		for _, e := range content {
			out = append(out, e.Value)
		}
		return out
	}
	for i := 0; i+1 < len(content); i += 2 {
		out = append(out, content[i].Value+"="+content[i+1].Value)
	}
	return out
}
