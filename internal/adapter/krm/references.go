package krm

import (
	"cmp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/utils"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/deploy/kustomize"
	"github.com/belay-sh/belay/internal/target"
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
			keys := utils.PathSplitter(f.Path, "/") // which reads "\/" as a slash in a key
			for _, n := range scalarsAt(o.YNode(), keys) {
				found = append(found, mention{r, strings.Join(keys, "."), n})
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
// had, with what each is called now, or, of another namespace, what it is now.
type names struct {
	now    map[identity]bool
	former map[identity]string
	moved  map[identity][]identity // several, if one base is in several overlays
	places map[string][]string     // the namespaces that apps were in, with where they are now
	hosts  map[tagHost]newHost
}

func (l *list) names(t *target.Target) names {
	n := names{now: map[identity]bool{}, former: map[identity]string{}, moved: map[identity][]identity{}, places: map[string][]string{}, hosts: map[tagHost]newHost{}}
	for _, item := range l.items {
		id := identityOf(item)
		n.now[id] = true
		for _, name := range formerNames(item) {
			if name != id.name {
				n.former[identity{id.group, id.kind, id.namespace, name}] = id.name
			}
		}
		for _, namespace := range formerNamespaces(item) {
			for _, name := range append(formerNames(item), id.name) {
				add(n.moved, identity{id.group, id.kind, namespace, name}, id)
			}
		}
	}
	for _, item := range l.items {
		n.addMovedWith(item)
		n.addTagHosts(item, t)
	}
	return n
}

// add adds a value to those of a key, once.
func add[K, V comparable](values map[K][]V, key K, value V) {
	if !slices.Contains(values[key], value) {
		values[key] = append(values[key], value)
	}
}

// addMovedWith adds the names that move with an app although they have no item
// of their own: its namespace, the service account of its pods, and its named
// revisions.
func (n names) addMovedWith(item *yaml.RNode) {
	template := revisionTemplate(item)
	if template == nil && item.GetKind() != "Route" || groupOf(item) != servingGroup || !owned(item) {
		return
	}
	here := item.GetNamespace()
	accounts := scalarsAt(item.YNode(), []string{"spec", "template", "spec", "serviceAccountName"})
	revisions := append(scalarsAt(item.YNode(), []string{"spec", "traffic", "revisionName"}),
		scalarsAt(item.YNode(), []string{"spec", "template", "metadata", "name"})...)
	for _, namespace := range formerNamespaces(item) {
		add(n.places, namespace, here)
		for _, account := range accounts {
			if was := (identity{"", "ServiceAccount", namespace, account.Value}); len(n.moved[was]) == 0 {
				add(n.moved, was, identity{"", "ServiceAccount", here, account.Value})
			}
		}
		for _, revision := range revisions {
			add(n.moved, identity{servingGroup, "Revision", namespace, revision.Value}, identity{servingGroup, "Revision", here, revision.Value})
		}
	}
}

// formerNamespaces are the namespaces that an object was in and is in no longer.
func formerNamespaces(o *yaml.RNode) (former []string) {
	if o.GetNamespace() == "" {
		return nil // it is in none, which kustomize notes as well
	}
	for _, namespace := range noted(o, previousNamespaces) {
		if namespace != o.GetNamespace() {
			former = append(former, namespace)
		}
	}
	return former
}

// movedTo is what an object is now that was in another namespace, as one in a
// namespace means it: of several, the one that is in the same.
func (n names) movedTo(id identity, from string) (now identity, ok bool) {
	candidates := n.moved[id]
	if n.now[id] || len(candidates) == 0 {
		return identity{}, false
	}
	i := slices.IndexFunc(candidates, func(c identity) bool { return c.namespace == from })
	now = candidates[max(i, 0)]
	now.name = cmp.Or(n.renamed(now), now.name)
	return now, i >= 0 || len(candidates) == 1
}

// placeOf is the namespace that the apps of another are in now, as an object in
// a namespace means it; "" if they are where they were, or in several.
func (n names) placeOf(namespace, from string) string {
	places := n.places[namespace]
	switch {
	case slices.Contains(places, from):
		return from
	case len(places) == 1:
		return places[0]
	}
	return ""
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
