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
	now    string   // the text with the name of today; "" if the object is in another namespace now
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
	eachScalar(spec.YNode(), "spec", func(path string, node *yaml.Node) {
		for _, id := range known {
			before, after, ok := id.within(node.Value, policed)
			if !ok {
				continue
			}
			if now := n.renamed(id); now != "" {
				found = append(found, staleText{path, node, id, before + now + after})
			} else if n.moved[id] != "" && !n.now[id] {
				found = append(found, staleText{path, node, id, ""})
			}
			return
		}
	})
	return found
}

// within looks for the name of an object in a text, and returns what stands
// around it. policed is the namespace that patterns for revisions are about.
func (i identity) within(text, policed string) (before, after string, ok bool) {
	switch {
	case i.group == "" && i.kind == "ServiceAccount":
		before, ok = strings.CutSuffix(text, i.name)
		return before, "", ok && strings.HasSuffix(before, "/ns/"+i.namespace+"/sa/")
	case i.group != servingGroup && (i.group != "" || i.kind != "Service"):
		return "", "", false
	}
	domain := "." + i.namespace + ".svc"
	if before, after, ok = strings.Cut(text, i.name+domain); ok {
		tagged := strings.HasSuffix(before, "-") && !strings.ContainsAny(before, "./")
		return before, domain + after, (before == "" || tagged) && (after == "" || after[0] == '.')
	}
	number, ok := strings.CutPrefix(text, i.name+"-")
	return "", "-" + number, ok && i.namespace == policed && revisionNumbers().MatchString(number)
}

// revisionNumbers is how a pattern for the names that the cluster gives to
// revisions ends (compiler/lower, callers.go).
var revisionNumbers = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[0-9]\*$`) })

// policedNamespace is the namespace of the app that a policy at the activator
// is about; "" of any other object.
func policedNamespace(spec *yaml.RNode) string {
	for _, rule := range elements(spec, "rules") {
		for _, condition := range elements(rule, "when") {
			if yaml.GetValue(field(condition, "key")) != "request.headers[Knative-Serving-Namespace]" {
				continue
			}
			for _, value := range elements(condition, "values") {
				return yaml.GetValue(value)
			}
		}
	}
	return ""
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
