package krm

import (
	"cmp"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/deploy/kustomize"
)

// A rule says in which fields the name of an object of a kind stands.
type rule struct {
	Kind       string
	Group      string
	FieldSpecs []struct {
		Group, Kind, Path string
	} `yaml:"fieldSpecs"`
}

// rules are those of the file that kustomize is given: what it does and what
// belay does after it are the same.
var rules = sync.OnceValue(func() []rule {
	var file struct {
		NameReference []rule `yaml:"nameReference"`
	}
	if err := yaml.Unmarshal(kustomize.References, &file); err != nil {
		panic("belay internal: references.yaml: " + err.Error())
	}
	return file.NameReference
})

func groupOf(o *yaml.RNode) string {
	group, _, ok := strings.Cut(o.GetApiVersion(), "/")
	if !ok {
		return ""
	}
	return group
}

// A mention is a field in which the name of another object stands.
type mention struct {
	rule rule
	path string
	node *yaml.Node
}

// mentions are the fields of an object that name others.
func mentions(o *yaml.RNode) (found []mention) {
	for _, r := range rules() {
		for _, f := range r.FieldSpecs {
			if f.Kind != o.GetKind() || f.Group != groupOf(o) {
				continue
			}
			for _, n := range scalarsAt(o.YNode(), strings.Split(f.Path, "/")) {
				found = append(found, mention{r, strings.ReplaceAll(f.Path, "/", "."), n})
			}
		}
	}
	return found
}

// scalarsAt are the scalars at a path, of all elements of the lists on the way.
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

// kustomize's notes of what an object was called, and where, the first first.
const (
	previousNames      = "internal.config.kubernetes.io/previousNames"
	previousNamespaces = "internal.config.kubernetes.io/previousNamespaces"
)

// formerNames are the names that an object had.
func formerNames(o *yaml.RNode) []string { return noted(o, previousNames) }

func noted(o *yaml.RNode, annotation string) []string {
	text := o.GetAnnotations()[annotation]
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// An identity is what an object is called, among those of its kind.
type identity struct{ group, kind, namespace, name string }

func (i identity) compare(o identity) int {
	return cmp.Or(cmp.Compare(i.group, o.group), cmp.Compare(i.kind, o.kind), cmp.Compare(i.namespace, o.namespace), cmp.Compare(i.name, o.name))
}

func identityOf(o *yaml.RNode) identity {
	return identity{groupOf(o), o.GetKind(), o.GetNamespace(), o.GetName()}
}

// names are the names of all items: those that they have, and those that they
// had, with what each is called now, or, of another namespace, where it is now.
type names struct {
	now    map[identity]bool
	former map[identity]string
	moved  map[identity]string
}

func (l *list) names() names {
	n := names{now: map[identity]bool{}, former: map[identity]string{}, moved: map[identity]string{}}
	for _, item := range l.items {
		id := identityOf(item)
		n.now[id] = true
		for _, name := range formerNames(item) {
			if name != id.name {
				n.former[identity{id.group, id.kind, id.namespace, name}] = id.name
			}
		}
		for _, namespace := range noted(item, previousNamespaces) {
			if namespace == id.namespace {
				continue
			}
			for _, name := range append(formerNames(item), id.name) {
				n.moved[identity{id.group, id.kind, namespace, name}] = id.namespace
			}
		}
	}
	return n
}

// of is what a field names, in a namespace.
func (m mention) of(namespace string) identity {
	return identity{m.rule.Group, m.rule.Kind, namespace, m.node.Value}
}

// renamed is what an object is called that a field calls by a name it no longer
// has; "" if that is not so.
func (n names) renamed(id identity) string {
	if n.now[id] {
		return ""
	}
	return n.former[id]
}
