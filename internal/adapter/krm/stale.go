package krm

import (
	"cmp"
	"fmt"
	"maps"
	"regexp"
	"slices"
	"strings"
	"sync"

	"sigs.k8s.io/kustomize/kyaml/yaml"
)

// A staleText is a text with the name of an object in it that is called
// otherwise now. No list of references reaches it: the name is only a part.
type staleText struct {
	path   string
	node   *yaml.Node
	object identity // by the name that stands there
	now    string   // the text with the name and namespace of today; "" if that can't be known
	called identity // what the object is now; zero if that can't be known
}

// stale are the stale texts in an object of the mesh: hosts, principals, and
// the patterns by which a policy at Knative's activator knows the revisions of
// an app.
func (n names) stale(o *yaml.RNode) (found []staleText) {
	spec := field(o, "spec")
	if len(n.former)+len(n.moved) == 0 || spec == nil || !strings.HasSuffix(groupOf(o), ".istio.io") {
		return nil
	}
	known := slices.Collect(maps.Keys(n.now))
	known = slices.AppendSeq(known, maps.Keys(n.former))
	known = slices.AppendSeq(known, maps.Keys(n.moved))
	slices.SortFunc(known, func(a, b identity) int {
		return cmp.Or(cmp.Compare(len(b.name), len(a.name)), a.compare(b)) // o-web before web
	})
	policed := policedNamespace(spec)
	if policed == "" && o.GetKind() == "AuthorizationPolicy" {
		policed = o.GetNamespace() // at the app's own pods
	}
	eachScalar(spec.YNode(), "spec", func(path string, node *yaml.Node) {
		if text, ok := n.staleTagHost(o, path, node); ok {
			found = append(found, text)
			return
		}
		for _, id := range known {
			text, ok := id.within(node.Value, policed)
			if !ok {
				continue
			}
			to, moved := n.movedTo(id, o.GetNamespace())
			switch now := n.renamed(id); {
			case now != "":
				to = identity{id.group, id.kind, id.namespace, now}
				found = append(found, staleText{path, node, id, text(to), to})
			case moved && text(to) == node.Value:
			case moved:
				found = append(found, staleText{path, node, id, text(to), to})
			case len(n.moved[id]) > 0 && !n.now[id]:
				found = append(found, staleText{path: path, node: node, object: id})
			}
			return
		}
	})
	return found
}

// within looks for the name of an object in a text, and returns what makes the
// text for another name and namespace. policed is the namespace that patterns for
// revisions are about.
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
	number, ok := strings.CutPrefix(text, i.name+"-")
	return func(now identity) string { return now.name + "-" + number }, ok && i.namespace == policed && revisionNumbers().MatchString(number)
}

// revisionNumbers is how a pattern for the names that the cluster gives to
// revisions ends (compiler/lower, callers.go).
var revisionNumbers = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]\*$`) })

// policedNamespace is the namespace of the app that a policy at the activator
// is about; "" for any other object.
func policedNamespace(spec *yaml.RNode) string {
	for _, node := range policedNamespaces(spec) {
		return node.Value
	}
	return ""
}

// policedNamespaces are the values by which a policy at the activator knows the
// namespace of an app; none of any other object.
func policedNamespaces(spec *yaml.RNode) (found []*yaml.Node) {
	for _, rule := range elements(spec, "rules") {
		for _, condition := range elements(rule, "when") {
			if yaml.GetValue(field(condition, "key")) != "request.headers[Knative-Serving-Namespace]" {
				continue
			}
			for _, value := range elements(condition, "values") {
				found = append(found, value.YNode())
			}
		}
	}
	return found
}

// elements are those of a list in a field; none, if there is no such list.
func elements(o *yaml.RNode, name string) []*yaml.RNode {
	list := field(o, name)
	if list == nil || list.YNode().Kind != yaml.SequenceNode {
		return nil
	}
	elements, _ := list.Elements() // it fails for what is no list
	return elements
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
