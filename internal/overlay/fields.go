package overlay

import (
	"fmt"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// field returns the value at a path of an object; nil if there is none.
func field(o *yaml.RNode, path ...string) *yaml.RNode {
	n, err := o.Pipe(yaml.Lookup(path...))
	if err != nil {
		return nil
	}
	return n
}

// scalarsAt returns the scalars at a path, in all elements of the lists on the
// way. kyaml's PathMatcher has to be given which steps are lists, which the paths
// of references.yaml do not say; kustomize's own filter for such paths is in its
// module api, which belay does not link.
func scalarsAt(n *yaml.Node, path []string) (found []*yaml.Node) {
	switch n.Kind {
	case yaml.SequenceNode:
		for _, e := range n.Content {
			found = append(found, scalarsAt(e, path)...)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content) && len(path) > 0; i += 2 {
			if n.Content[i].Value == path[0] {
				found = append(found, scalarsAt(n.Content[i+1], path[1:])...)
			}
		}
	case yaml.ScalarNode:
		if len(path) == 0 {
			return []*yaml.Node{n}
		}
	}
	return found
}

// eachScalar visits the scalars in a value, with their paths.
func eachScalar(n *yaml.Node, path string, visit func(path string, n *yaml.Node)) {
	switch n.Kind {
	case yaml.SequenceNode:
		for i, e := range n.Content {
			eachScalar(e, fmt.Sprintf("%s[%d]", path, i), visit)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			eachScalar(n.Content[i+1], path+"."+n.Content[i].Value, visit)
		}
	case yaml.ScalarNode:
		visit(path, n)
	}
}

// elements returns the elements of a list in a field; none, if the field is not
// a list.
func elements(o *yaml.RNode, name string) []*yaml.RNode {
	list := field(o, name)
	if list == nil || list.YNode().Kind != yaml.SequenceNode {
		return nil
	}
	elements, _ := list.Elements() // it fails only for what is not a list
	return elements
}
