package overlay

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/naming"
)

// A staleText is a text that contains the former name of an object. No list of
// references reaches it, since the name is only a part of the text.
type staleText struct {
	path   string
	node   *yaml.Node
	object identity // by the name that is in the text
	now    string   // the text with the present name and namespace; "" if that is not known
	called identity // what the object is called now; zero if that is not known
}

// staleTexts returns the stale texts in an object of the mesh: hosts, principals,
// and the patterns by which a policy at Knative's activator matches the revisions
// of an app.
func (n names) staleTexts(o *yaml.RNode) (found []staleText) {
	spec := field(o, "spec")
	if len(n.renamed)+len(n.moved) == 0 || spec == nil || !strings.HasSuffix(groupOf(o), ".istio.io") {
		return nil
	}
	known := n.longestFirst()
	policed := policedNamespace(spec)
	if policed == "" && o.GetKind() == "AuthorizationPolicy" {
		policed = o.GetNamespace() // the policy is at the app's own pods
	}
	eachScalar(spec.YNode(), "spec", func(path string, node *yaml.Node) {
		if text, ok := n.staleTagHost(o, path, node); ok {
			found = append(found, text)
			return
		}
		if text, ok := n.staleText(known, o.GetNamespace(), policed, path, node); ok {
			found = append(found, text)
		}
	})
	return found
}

// longestFirst returns all present and former identities, so that "o-web" is
// looked for before "web".
func (n names) longestFirst() []identity {
	known := slices.Collect(maps.Keys(n.current))
	known = slices.AppendSeq(known, maps.Keys(n.renamed))
	known = slices.AppendSeq(known, maps.Keys(n.moved))
	slices.SortFunc(known, func(a, b identity) int {
		return cmp.Or(cmp.Compare(len(b.name), len(a.name)), a.compare(b))
	})
	return known
}

// staleText compares a text with the names that are known. The first that the
// text contains decides whether it is stale.
func (n names) staleText(known []identity, namespace, policed, path string, node *yaml.Node) (staleText, bool) {
	for _, id := range known {
		with, ok := id.within(node.Value, policed)
		if !ok {
			continue
		}
		to, moved := n.movedTo(id, namespace)
		switch now := n.renamedTo(id); {
		case now != "":
			to = identity{id.group, id.kind, id.namespace, now}
			return staleText{path, node, id, with(to), to}, true
		case moved:
			return staleText{path, node, id, with(to), to}, with(to) != node.Value
		case len(n.moved[id]) > 0 && !n.current[id]:
			return staleText{path: path, node: node, object: id}, true
		}
		return staleText{}, false
	}
	return staleText{}, false
}

// within looks for the name of an object in a text, and returns a function that
// makes the text for another name and namespace. policed is the namespace that
// patterns for revisions are about.
func (i identity) within(text, policed string) (with func(identity) string, ok bool) {
	switch {
	case i.group == "" && i.kind == "ServiceAccount":
		before, ok := strings.CutSuffix(text, "/ns/"+i.namespace+"/sa/"+i.name)
		return func(now identity) string { return before + "/ns/" + now.namespace + "/sa/" + now.name }, ok
	case i.group == "networking.istio.io" && i.kind == "Gateway":
		return func(now identity) string { return now.namespace + "/" + now.name }, text == i.namespace+"/"+i.name
	case i.group != servingGroup && (i.group != "" || i.kind != "Service"):
		return nil, false
	}
	if before, after, ok := strings.Cut(text, i.name+"."+i.namespace+".svc"); ok {
		tagged := strings.HasSuffix(before, "-") && !strings.ContainsAny(before, "./")
		return func(now identity) string { return before + now.name + "." + now.namespace + ".svc" + after },
			(before == "" || tagged) && (after == "" || after[0] == '.')
	}
	owner, numbers, ok := naming.CutNumberedRevisions(text)
	return func(now identity) string { return now.name + numbers }, ok && owner == i.name && i.namespace == policed
}

// vetTexts reports stale texts, once for each object that they name.
func (b *build) vetTexts(o *yaml.RNode) {
	reported := map[identity]bool{}
	for _, text := range b.names.staleTexts(o) {
		if reported[text.object] {
			continue
		}
		reported[text.object] = true
		b.report(newStaleTextError(o, text))
	}
}

func newStaleTextError(o *yaml.RNode, text staleText) Finding {
	f := newError(o, diag.LostReference, text.path, "%s has the name of a %s that is called %s now", text.node.Value, text.object.kind, text.called.name).
		withHint("kustomize renames nothing within a text; belay's Finalize does")
	switch {
	case text.now == "":
		f = newError(o, diag.LostReference, text.path, "%s is for a %s in namespace %s, which is in several others now", text.node.Value, text.object.kind, text.object.namespace).
			withHint("run Finalize in the overlay that sets the namespace")
	case text.called.namespace != text.object.namespace:
		f = newError(o, diag.LostReference, text.path, "%s is for a %s in namespace %s, which is in %s now", text.node.Value, text.object.kind, text.object.namespace, text.called.namespace).
			withHint("kustomize's namespace moves objects, and no names within texts; belay's Finalize does")
	}
	return f.withValues(text.node.Value, text.now)
}
