package krm

import (
	"path/filepath"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
)

// withRelated adds the other places of a mistake to the message, which is all
// that hosts show. where formats a place.
func (r Result) withRelated(d diag.Diagnostic, where func(diag.Range) string) Result {
	for _, other := range d.Related {
		r.Message += "; " + where(other.At) + ": " + other.Message
	}
	return r
}

// fieldAt returns the field of the configuration that is at a place in the
// document made from it.
func (c *call) fieldAt(at diag.Range) string {
	document, err := yaml.Parse(string(c.opts.Files[filepath.Join(c.opts.Dir, inlineFile)]))
	if err != nil {
		return "spec"
	}
	return c.configField(diag.Diagnostic{Path: pathAt(document.YNode(), at.Start, "")})
}

// pathAt returns the path of the field whose key or value begins at a position; ""
// if there is none. A block begins where its first key does; the key is meant.
func pathAt(n *yaml.Node, at diag.Position, path string) string {
	step := 1
	if n.Kind == yaml.MappingNode {
		step = 2
	}
	for i := step - 1; i < len(n.Content); i += step {
		below := path
		if n.Kind == yaml.MappingNode {
			key := n.Content[i-1]
			below = strings.TrimPrefix(path+"."+key.Value, ".")
			if key.Line == at.Line && key.Column == at.Column {
				return below
			}
		}
		if found := pathAt(n.Content[i], at, below); found != "" {
			return found
		}
	}
	if n.Line == at.Line && n.Column == at.Column {
		return path
	}
	return ""
}
