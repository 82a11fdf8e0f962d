package overlay

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/naming"
	"github.com/belay-sh/belay/internal/objectmeta"
)

// A staleNamespace is a field that contains a namespace which its app has left.
type staleNamespace struct {
	path   string
	node   *yaml.Node
	former string // the namespace
	now    string // what the field should be; "" if that is not known
}

// namespaceFields are the fields of objects that are the namespace of an app.
var namespaceFields = map[string][]string{
	"ClusterDomainClaim": {"spec", "namespace"},
	"DomainMapping":      {"spec", "ref", "namespace"},
}

// staleNamespaces returns the fields of an object that contain the namespace of
// an app that is in another one now: kustomize's namespace sets only the object's
// own.
func (n names) staleNamespaces(o *yaml.RNode) (found []staleNamespace) {
	if len(n.namespaces) == 0 || !madeByBelay(o) {
		return nil
	}
	if path := namespaceFields[o.GetKind()]; path != nil {
		for _, node := range scalarsAt(o.YNode(), path) {
			found = n.addStaleNamespace(found, o, strings.Join(path, "."), node, "", node.Value, "")
		}
	}
	if o.GetKind() != "AuthorizationPolicy" {
		return found
	}
	for _, node := range policedNamespaces(field(o, "spec")) {
		namespace, rest := naming.CutNamespaceValue(node.Value)
		found = n.addStaleNamespace(found, o, "spec.rules.when.values", node, "", namespace, rest)
	}
	return append(found, n.staleHostSuffixes(o)...)
}

// staleHostSuffixes returns the patterns of a policy for all hosts of a namespace
// that an app has left, such as "*.shop.svc.cluster.local".
func (n names) staleHostSuffixes(o *yaml.RNode) (found []staleNamespace) {
	spec := field(o, "spec")
	if spec == nil {
		return nil
	}
	eachScalar(spec.YNode(), "spec", func(path string, node *yaml.Node) {
		if before, namespace, after, ok := naming.CutNamespaceHosts(node.Value); ok {
			found = n.addStaleNamespace(found, o, path, node, before, namespace, after)
		}
	})
	return found
}

// addStaleNamespace adds a field, which is a namespace with something before and
// after it, if the apps of the namespace are in another one now.
func (n names) addStaleNamespace(found []staleNamespace, o *yaml.RNode, path string, node *yaml.Node, before, namespace, after string) []staleNamespace {
	if len(n.namespaces[namespace]) == 0 {
		return found
	}
	now := n.namespaceNow(namespace, o.GetNamespace())
	if now != "" {
		now = before + now + after
	}
	return append(found, staleNamespace{path, node, namespace, now})
}

// homeOf returns the namespace that an object has to be in, whatever namespace
// the apps are in, if it is in another one now. Only policies at Knative's
// activator and objects of the platform have such a namespace.
func homeOf(o *yaml.RNode) string {
	former := valuesOf(o, previousNamespaces)
	if o.GetNamespace() == "" || len(former) == 0 || former[0] == o.GetNamespace() || !madeByBelay(o) {
		return ""
	}
	atActivator := len(policedNamespaces(field(o, "spec"))) > 0
	ofPlatform := o.GetAnnotations()[objectmeta.ManifestAnnotation] != "" || o.GetLabels()[objectmeta.NameLabel] == ""
	if !atActivator && !ofPlatform {
		return ""
	}
	return former[0]
}

// vetNamespaces reports fields that contain a namespace which an app has left,
// once for each namespace, and objects that kustomize's namespace moved from
// where they belong.
func (b *build) vetNamespaces(o *yaml.RNode) {
	reported := map[string]bool{}
	for _, stale := range b.names.staleNamespaces(o) {
		if !reported[stale.former] {
			b.report(newStaleNamespaceError(o, stale))
		}
		reported[stale.former] = true
	}
	if home := homeOf(o); home != "" {
		b.report(newError(o, diag.LostReference, "metadata.namespace", "this %s belongs in namespace %s, and is in %s", o.GetKind(), home, o.GetNamespace()).
			withHint("kustomize's namespace moves all objects; belay's Finalize puts it back").
			withValues(o.GetNamespace(), home))
	}
}

func newStaleNamespaceError(o *yaml.RNode, stale staleNamespace) Finding {
	what := stale.node.Value
	if what != stale.former {
		what += " has the namespace " + stale.former + ", which"
	} else {
		what += " is a namespace that"
	}
	return newError(o, diag.LostReference, stale.path, "%s the app is in no longer", what).
		withHint("kustomize's namespace moves objects, and none of the fields that name a namespace; belay's Finalize does").
		withValues(stale.node.Value, stale.now)
}

// updateNamespaces sets the fields of an object that contain a namespace which an
// app has left, and reports those for which the new one is not known.
func (b *build) updateNamespaces(o *yaml.RNode) {
	for _, stale := range b.names.staleNamespaces(o) {
		if stale.now == "" {
			b.report(newStaleNamespaceError(o, stale))
			continue
		}
		stale.node.Value = stale.now
	}
}

// restoreNamespace puts an object back into the namespace that it has to be in,
// and updates the name of a policy, which begins with the namespace of its app. A
// ClusterDomainClaim is in no namespace, which kustomize does not know.
func (b *build) restoreNamespace(o *yaml.RNode) error {
	if o.GetKind() == "ClusterDomainClaim" && madeByBelay(o) {
		return o.PipeE(yaml.Lookup("metadata"), yaml.Clear("namespace"))
	}
	home := homeOf(o)
	if home == "" {
		return nil
	}
	name := o.GetName()
	for _, namespace := range ir.Sorted(b.names.namespaces) {
		if now := b.names.namespaceNow(namespace, o.GetNamespace()); now != "" && isNamedAfter(o, namespace) {
			name = strings.Replace(name, namespace+".", now+".", 1)
			break
		}
	}
	b.warn(o, diag.LostReference, "metadata.namespace", "it is in %s again, where it belongs whatever namespace the apps are in", home)
	return o.PipeE(yaml.Lookup("metadata"),
		yaml.Tee(yaml.SetField("namespace", yaml.NewStringRNode(home))),
		yaml.Tee(yaml.SetField("name", yaml.NewStringRNode(name))))
}

// isNamedAfter reports whether an object is a policy at the activator whose first
// name begins with a namespace.
func isNamedAfter(o *yaml.RNode, namespace string) bool {
	first := append(formerNames(o), o.GetName())[0]
	return len(policedNamespaces(field(o, "spec"))) > 0 && strings.HasPrefix(first, namespace+".")
}
