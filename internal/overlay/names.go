package overlay

import (
	"cmp"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/target"
)

// The annotations in which kustomize notes, while it builds, what an object was
// called and in which namespace it was. The first value is the oldest.
const (
	previousNames      = "internal.config.kubernetes.io/previousNames"
	previousNamespaces = "internal.config.kubernetes.io/previousNamespaces"
)

// formerNames returns the names that an object had.
func formerNames(o *yaml.RNode) []string { return valuesOf(o, previousNames) }

// valuesOf returns the values of an annotation that is a list with commas.
func valuesOf(o *yaml.RNode, annotation string) []string {
	text := o.GetAnnotations()[annotation]
	if text == "" {
		return nil
	}
	return strings.Split(text, ",")
}

// formerNamespaces returns the namespaces that an object was in and is in no
// longer.
func formerNamespaces(o *yaml.RNode) (former []string) {
	if o.GetNamespace() == "" {
		return nil // the object is in no namespace, which kustomize notes as well
	}
	for _, namespace := range valuesOf(o, previousNamespaces) {
		if namespace != o.GetNamespace() {
			former = append(former, namespace)
		}
	}
	return former
}

// An identity distinguishes an object from all others.
type identity struct{ group, kind, namespace, name string }

func (i identity) compare(o identity) int {
	return cmp.Or(cmp.Compare(i.group, o.group), cmp.Compare(i.kind, o.kind), cmp.Compare(i.namespace, o.namespace), cmp.Compare(i.name, o.name))
}

func identityOf(o *yaml.RNode) identity {
	return identity{groupOf(o), o.GetKind(), o.GetNamespace(), o.GetName()}
}

// names maps what objects were called to what they are called now.
type names struct {
	current    map[identity]bool       // what the objects are called now
	renamed    map[identity]string     // former identity, in the namespace of now, to the name of now
	moved      map[identity][]identity // identity in a former namespace; several, if one base is in several overlays
	namespaces map[string][]string     // namespaces that apps were in, to those that they are in now
	tagHosts   map[tagHost]renamedHost
}

func newNames(objects []*yaml.RNode, t *target.Target) names {
	n := names{
		current: map[identity]bool{}, renamed: map[identity]string{}, moved: map[identity][]identity{},
		namespaces: map[string][]string{}, tagHosts: map[tagHost]renamedHost{},
	}
	for _, o := range objects {
		id := identityOf(o)
		n.current[id] = true
		for _, name := range formerNames(o) {
			if name != id.name {
				n.renamed[identity{id.group, id.kind, id.namespace, name}] = id.name
			}
		}
		for _, namespace := range formerNamespaces(o) {
			for _, name := range append(formerNames(o), id.name) {
				addOnce(n.moved, identity{id.group, id.kind, namespace, name}, id)
			}
		}
	}
	for _, o := range objects {
		n.addMovedWithApp(o)
		n.addTagHosts(o, t)
	}
	return n
}

// addOnce adds a value to those of a key, unless it is among them.
func addOnce[K, V comparable](values map[K][]V, key K, value V) {
	if !slices.Contains(values[key], value) {
		values[key] = append(values[key], value)
	}
}

// addMovedWithApp adds the names that move with an app although they are not
// objects of the build: its namespace, the service account of its pods, and its
// named revisions.
func (n names) addMovedWithApp(o *yaml.RNode) {
	template := revisionTemplate(o)
	if template == nil && o.GetKind() != "Route" || groupOf(o) != servingGroup || !madeByBelay(o) {
		return
	}
	here := o.GetNamespace()
	accounts := scalarsAt(o.YNode(), []string{"spec", "template", "spec", "serviceAccountName"})
	revisions := append(scalarsAt(o.YNode(), []string{"spec", "traffic", "revisionName"}),
		scalarsAt(o.YNode(), []string{"spec", "template", "metadata", "name"})...)
	for _, namespace := range formerNamespaces(o) {
		addOnce(n.namespaces, namespace, here)
		for _, account := range accounts {
			if former := (identity{"", "ServiceAccount", namespace, account.Value}); len(n.moved[former]) == 0 {
				addOnce(n.moved, former, identity{"", "ServiceAccount", here, account.Value})
			}
		}
		for _, revision := range revisions {
			addOnce(n.moved, identity{servingGroup, "Revision", namespace, revision.Value}, identity{servingGroup, "Revision", here, revision.Value})
		}
	}
}

// renamedTo returns the present name of an object that a field calls by a former
// one; "" if no object had that name, or one has it now.
func (n names) renamedTo(id identity) string {
	if n.current[id] {
		return ""
	}
	return n.renamed[id]
}

// movedTo returns what an object that was in another namespace is called now. Of
// several it returns the one in the namespace of the object that refers to it.
func (n names) movedTo(id identity, referrer string) (now identity, ok bool) {
	candidates := n.moved[id]
	if n.current[id] || len(candidates) == 0 {
		return identity{}, false
	}
	i := slices.IndexFunc(candidates, func(c identity) bool { return c.namespace == referrer })
	now = candidates[max(i, 0)]
	now.name = cmp.Or(n.renamedTo(now), now.name)
	return now, i >= 0 || len(candidates) == 1
}

// namespaceNow returns the namespace that the apps of a namespace are in now, of
// several the one of the object that refers to it; "" if that is not known, or
// the apps have not moved.
func (n names) namespaceNow(namespace, referrer string) string {
	candidates := n.namespaces[namespace]
	switch {
	case slices.Contains(candidates, referrer):
		return referrer
	case len(candidates) == 1:
		return candidates[0]
	}
	return ""
}

// hasServing reports whether there is a Knative object of a name.
func (n names) hasServing(namespace, name string) bool {
	return slices.ContainsFunc([]string{"Service", "Route", "Configuration"}, func(kind string) bool {
		return n.current[identity{servingGroup, kind, namespace, name}]
	})
}
