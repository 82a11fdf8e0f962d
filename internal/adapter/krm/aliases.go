package krm

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"regexp"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// maxAliased bounds what the aliases of a ResourceList may expand to, in values:
// an alias repeats what it names, and aliases of aliases multiply.
const maxAliased = 1 << 16

// maxNested bounds how deep a ResourceList with aliases may nest.
const maxNested = 1000

// unusual matches what kyaml's reader of ResourceLists does not take: aliases,
// and more than one document, be it that the others are empty.
var unusual = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(^|[\s\[{,:-])\*[^\s,\]}*]|<<\s*:|\n---|\n\.\.\.`)
})

// plain returns a ResourceList as kyaml reads it: one document, with what its
// aliases and merge keys stand for in their place.
func plain(in []byte) ([]byte, error) {
	if !unusual().Match(in) {
		return in, nil
	}
	document, err := onlyDocument(in)
	if err != nil || document == nil {
		return nil, err
	}
	x := expansion{open: map[*yaml.Node]bool{}}
	expanded, err := x.expand(document, false, 0)
	if err != nil {
		return nil, err
	}
	text, err := yaml.String(expanded)
	return []byte(text), err
}

// onlyDocument returns the one document of a stream that is not empty; nil if all
// are.
func onlyDocument(in []byte) (only *yaml.Node, err error) {
	decoder := yaml.NewDecoder(bytes.NewReader(in))
	for {
		var document yaml.Node
		switch err := decoder.Decode(&document); {
		case errors.Is(err, io.EOF):
			return only, nil
		case err != nil:
			return nil, err
		case len(document.Content) == 0 || document.Content[0].ShortTag() == yaml.NodeTagNull:
			continue
		case only != nil:
			return nil, fmt.Errorf("a second document in line %d; a ResourceList is one", document.Content[0].Line)
		}
		only = document.Content[0]
	}
}

// An expansion puts what aliases name in their place.
type expansion struct {
	open   map[*yaml.Node]bool // what is being expanded, from the root down
	copied int                 // values in aliases
}

// expand returns a value without aliases, merge keys and anchors: the value
// itself, or within an alias a copy of it, which others name as well.
func (x *expansion) expand(n *yaml.Node, aliased bool, depth int) (*yaml.Node, error) {
	switch {
	case depth > maxNested:
		return nil, fmt.Errorf("line %d: nested deeper than %d levels", n.Line, maxNested)
	case x.open[n]:
		return nil, fmt.Errorf("line %d: an alias stands in what it names", n.Line)
	case n.Kind == yaml.AliasNode:
		return x.expand(n.Alias, true, depth+1)
	}
	if aliased {
		if x.copied++; x.copied > maxAliased {
			return nil, fmt.Errorf("the aliases expand to more than %d values", maxAliased)
		}
	}
	x.open[n] = true
	defer delete(x.open, n)
	out := n
	if aliased {
		c := *n
		out = &c
	}
	content := make([]*yaml.Node, 0, len(n.Content))
	for _, child := range n.Content {
		value, err := x.expand(child, aliased, depth+1)
		if err != nil {
			return nil, err
		}
		content = append(content, value)
	}
	out.Anchor, out.Content = "", content
	if out.Kind == yaml.MappingNode {
		return out, mergeKeys(out)
	}
	return out, nil
}

// mergeKeys adds what the "<<" of a map names, where the map does not have it
// itself. Of several, the first goes first.
func mergeKeys(n *yaml.Node) error {
	var own, merged []*yaml.Node
	has := map[string]bool{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if key := n.Content[i]; key.ShortTag() != yaml.MergeTag {
			own, has[key.Value] = append(own, key, n.Content[i+1]), true
			continue
		}
		sources := []*yaml.Node{n.Content[i+1]}
		if sources[0].Kind == yaml.SequenceNode {
			sources = sources[0].Content
		}
		merged = append(merged, sources...)
	}
	for _, source := range merged {
		if source.Kind != yaml.MappingNode {
			return fmt.Errorf("line %d: << takes a map, or a list of maps", source.Line)
		}
		for i := 0; i+1 < len(source.Content); i += 2 {
			if key := source.Content[i]; !has[key.Value] {
				own, has[key.Value] = append(own, key, source.Content[i+1]), true
			}
		}
	}
	n.Content = own
	return nil
}
