package krm

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A stalePlace is a field with a namespace that an app is in no longer.
type stalePlace struct {
	path string
	node *yaml.Node
	was  string // the namespace
	now  string // what should stand there; "" if that can't be known
}

// namespaceFields are the fields of objects that are the namespace of an app.
var namespaceFields = map[string][]string{
	"ClusterDomainClaim": {"spec", "namespace"},
	"DomainMapping":      {"spec", "ref", "namespace"},
}

// stalePlaces are the fields of an object with the namespace of an app that is in
// another one now: kustomize's namespace sets none but the object's own.
func (n names) stalePlaces(o *yaml.RNode) (found []stalePlace) {
	if len(n.places) == 0 || !owned(o) {
		return nil
	}
	if path := namespaceFields[o.GetKind()]; path != nil {
		for _, node := range scalarsAt(o.YNode(), path) {
			if len(n.places[node.Value]) > 0 {
				found = append(found, stalePlace{strings.Join(path, "."), node, node.Value, n.placeOf(node.Value, o.GetNamespace())})
			}
		}
	}
	if o.GetKind() != "AuthorizationPolicy" {
		return found
	}
	for _, node := range policedNamespaces(field(o, "spec")) {
		namespace, _, _ := strings.Cut(node.Value, ",")
		found = n.addStalePlace(found, o, "spec.rules.when.values", node, "", namespace, node.Value[len(namespace):])
	}
	return append(found, n.staleSuffixes(o)...)
}

// staleSuffixes are the patterns of a policy for all hosts of a namespace that an
// app is in no longer, as "*.shop.svc.cluster.local" (compiler/lower, callers.go).
func (n names) staleSuffixes(o *yaml.RNode) (found []stalePlace) {
	spec := field(o, "spec")
	if spec == nil {
		return nil
	}
	eachScalar(spec.YNode(), "spec", func(path string, node *yaml.Node) {
		host, ok := strings.CutPrefix(node.Value, "*.")
		if namespace, rest, inCluster := strings.Cut(host, ".svc."); ok && inCluster {
			found = n.addStalePlace(found, o, path, node, "*.", namespace, ".svc."+rest)
		}
	})
	return found
}

// addStalePlace adds a text, which is a namespace with something before and
// after it, if the apps of the namespace are in another one now.
func (n names) addStalePlace(found []stalePlace, o *yaml.RNode, path string, node *yaml.Node, before, namespace, after string) []stalePlace {
	if len(n.places[namespace]) == 0 {
		return found
	}
	now := n.placeOf(namespace, o.GetNamespace())
	if now != "" {
		now = before + now + after
	}
	return append(found, stalePlace{path, node, namespace, now})
}

// homeOf is the namespace that an object of belay's has to be in, whatever
// namespace the apps are in, if it is in another one now: a policy at Knative's
// activator, and what the platform consists of. It is "" for all others.
func homeOf(o *yaml.RNode) string {
	former := noted(o, previousNamespaces)
	if o.GetNamespace() == "" || len(former) == 0 || former[0] == o.GetNamespace() || !owned(o) {
		return ""
	}
	atActivator := len(policedNamespaces(field(o, "spec"))) > 0
	ofPlatform := o.GetAnnotations()[manifestAnnotation] != "" || o.GetLabels()[nameLabel] == ""
	if !atActivator && !ofPlatform {
		return ""
	}
	return former[0]
}

// follow sets the fields of an object that have the namespace of an app.
func (l *list) follow(item *yaml.RNode, all names) {
	for _, place := range all.stalePlaces(item) {
		if place.now == "" {
			l.lostPlace(item, place)
			continue
		}
		place.node.Value = place.now
	}
}

// lostPlace reports a field that names the namespace which its app has left.
func (l *list) lostPlace(item *yaml.RNode, place stalePlace) {
	what := place.node.Value
	if what != place.was {
		what += " has the namespace " + place.was + ", which"
	} else {
		what += " is a namespace that"
	}
	r := about(item, diag.Error, diag.LostReference, place.path, "%s the app is in no longer", what).
		withHint("kustomize's namespace moves objects, and none of the fields that name a namespace; belay's Finalize does")
	r.Field.CurrentValue, r.Field.ProposedValue = place.node.Value, place.now
	l.results.add(r)
}

// goHome puts an object back into the namespace that it has to be in, and gives
// a policy, whose name begins with the namespace of its app, the name of today. A
// ClusterDomainClaim is in no namespace: kustomize does not know that.
func (l *list) goHome(item *yaml.RNode, all names) error {
	if item.GetKind() == "ClusterDomainClaim" && owned(item) {
		return item.PipeE(yaml.Lookup("metadata"), yaml.Clear("namespace"))
	}
	home := homeOf(item)
	if home == "" {
		return nil
	}
	name := item.GetName()
	for _, namespace := range ir.Sorted(all.places) {
		if now := all.placeOf(namespace, item.GetNamespace()); now != "" && policyName(item, namespace) {
			name = strings.Replace(name, namespace+".", now+".", 1)
			break
		}
	}
	l.warn(item, diag.LostReference, "metadata.namespace", "it is in %s again, where it belongs whatever namespace the apps are in", home)
	return item.PipeE(yaml.Lookup("metadata"),
		yaml.Tee(yaml.SetField("namespace", yaml.NewStringRNode(home))),
		yaml.Tee(yaml.SetField("name", yaml.NewStringRNode(name))))
}

// policyName reports whether the name that an object was given begins with a
// namespace.
func policyName(item *yaml.RNode, namespace string) bool {
	first := append(formerNames(item), item.GetName())[0]
	return len(policedNamespaces(field(item, "spec"))) > 0 && strings.HasPrefix(first, namespace+".")
}
