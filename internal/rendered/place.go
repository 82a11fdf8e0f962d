package rendered

import (
	"strconv"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/overlay"
	"github.com/belay-sh/belay/schema"
)

// convertAll returns objects as package overlay has them, and the object that each
// is made of.
func convertAll(objects []*ir.Node) (nodes []*yaml.RNode, sources map[*yaml.RNode]*ir.Node) {
	sources = map[*yaml.RNode]*ir.Node{}
	for _, o := range objects {
		n := yaml.NewRNode(convert(o))
		nodes, sources[n] = append(nodes, n), o
	}
	return nodes, sources
}

// convert returns a value as a YAML node.
func convert(n *ir.Node) *yaml.Node {
	out := &yaml.Node{Kind: yaml.ScalarNode, Value: n.Text}
	switch n.Kind {
	case schema.Struct:
		out = &yaml.Node{Kind: yaml.MappingNode, Tag: yaml.NodeTagMap}
		for _, c := range n.Children {
			out.Content = append(out.Content, &yaml.Node{Kind: yaml.ScalarNode, Tag: yaml.NodeTagString, Value: c.Name}, convert(c))
		}
	case schema.List:
		out = &yaml.Node{Kind: yaml.SequenceNode, Tag: yaml.NodeTagSeq}
		for _, c := range n.Children {
			out.Content = append(out.Content, convert(c))
		}
	case schema.Int:
		out.Tag = yaml.NodeTagInt
	case schema.Float:
		out.Tag = yaml.NodeTagFloat
	case schema.Bool:
		out.Tag = yaml.NodeTagBool
	case schema.Null:
		out.Tag, out.Value = yaml.NodeTagNull, "null"
	default:
		out.Tag = yaml.NodeTagString
	}
	return out
}

// diagnostic returns a finding as a diagnostic at the field of the object that it
// is about. If the field is missing, the place is the nearest field around it.
func diagnostic(f overlay.Finding, object *ir.Node) diag.Diagnostic {
	n := find(object, f.Path)
	if n == object {
		n = object.Find("metadata", "name")
	}
	at := n.Errorf
	if n.Kind == schema.Struct || n.Kind == schema.List {
		at = n.KeyErrorf
	}
	d := at(f.Code, "%s", f.Message)
	d.Severity, d.Hint = f.Severity, f.Hint
	return d
}

// withFirst returns a diagnostic with the earlier of two objects as related, at its
// name.
func withFirst(d diag.Diagnostic, first *ir.Node) diag.Diagnostic {
	if first == nil {
		return d
	}
	if name := first.Find("metadata", "name"); name != nil {
		return d.WithRelated(name.At, "the first of them is here")
	}
	return d.WithRelated(first.At, "the first of them is here")
}

// find returns the value at a path such as
// "spec.template.spec.containers[0].image", or the deepest value on the way that
// exists. Keys may contain dots.
func find(n *ir.Node, path string) *ir.Node {
	if path == "" {
		return n
	}
	if rest, ok := strings.CutPrefix(path, "["); ok {
		index, rest, _ := strings.Cut(rest, "]")
		if i, err := strconv.Atoi(index); err == nil && n.Kind == schema.List && i >= 0 && i < len(n.Children) {
			return find(n.Children[i], strings.TrimPrefix(rest, "."))
		}
		if child := n.Field(index); child != nil {
			return find(child, strings.TrimPrefix(rest, "."))
		}
		return n
	}
	for end := 1; end <= len(path); end++ {
		if end < len(path) && path[end] != '.' && path[end] != '[' {
			continue
		}
		if child := n.Field(path[:end]); child != nil {
			return find(child, strings.TrimPrefix(path[end:], "."))
		}
	}
	return n
}
