package krm

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler/lower"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// Labels and annotations by which policies and their pods are found
// (compiler/lower, metadata.go and injection.go).
const (
	serviceLabel     = "serving.knative.dev/service"
	policyAnnotation = "belay.sh/policies"
)

// policies reports which of belay's policies an overlay removed or changed, and
// which no longer hold for their pods.
func (l *list) policies(t *target.Target, all names) error {
	guarded, err := l.guardedApps()
	if err != nil {
		return err
	}
	for _, item := range l.items {
		if !owned(item) {
			continue
		}
		if err := l.notedPolicies(item, all); err != nil {
			return err
		}
		template := revisionTemplate(item) != nil && guarded[appKey(item)]
		if !template && !isAppPolicy(item) {
			continue
		}
		if template {
			l.selected(item)
		}
		o, err := objectOf(item)
		if err != nil {
			return err
		}
		for _, fault := range lower.PolicyFaults(o, t) {
			l.results.add(about(item, diag.Error, diag.LostPolicy, fault.Path, "a policy of app %s would be void: %s", item.GetLabels()[nameLabel], fault.Message))
		}
	}
	return nil
}

// guardedApps returns the apps, by namespace and name, with a policy that their
// sidecars enforce.
func (l *list) guardedApps() (map[string]bool, error) {
	guarded := map[string]bool{}
	for _, item := range l.items {
		if !owned(item) || !isAppPolicy(item) {
			continue
		}
		o, err := objectOf(item)
		if err != nil {
			return nil, err
		}
		if lower.NeedsSidecar(o) {
			guarded[appKey(item)] = true
		}
	}
	return guarded, nil
}

// isAppPolicy reports whether an object of belay's is a policy of an app, and
// not that of the whole mesh, which is a part of the platform.
func isAppPolicy(item *yaml.RNode) bool {
	ofPlatform := item.GetKind() == "PeerAuthentication" && item.GetLabels()[nameLabel] == ir.ServingNamespace
	return lower.IsPolicy(item.GetKind()) && !ofPlatform
}

// appKey names the app that an object of belay's belongs to.
func appKey(item *yaml.RNode) string { return item.GetNamespace() + "/" + item.GetLabels()[nameLabel] }

// objectOf returns an item as an object of a bundle.
func objectOf(item *yaml.RNode) (ir.Object, error) {
	data, err := withoutNotes(item)
	return ir.Object{APIVersion: item.GetApiVersion(), Kind: item.GetKind(), Namespace: item.GetNamespace(), Name: item.GetName(), JSON: data}, err
}

// renote writes the policies of each app down as they are now: under the names
// and in the namespaces that an overlay gave them. What is gone or no longer
// what belay wrote has been reported.
func (l *list) renote() error {
	for _, item := range l.items {
		var noted map[string]string
		text := item.GetAnnotations()[policyAnnotation]
		if !owned(item) || text == "" || json.Unmarshal([]byte(text), &noted) != nil {
			continue
		}
		now := map[string]string{}
		for key, hash := range noted {
			policy := l.policyNamed(key)
			if policy == nil {
				now[key] = hash
				continue
			}
			data, err := withoutNotes(policy)
			if err != nil {
				return err
			}
			now[lower.PolicyKey(policy.GetKind(), policy.GetNamespace(), policy.GetName())] = lower.PolicyHash(data)
		}
		data, err := json.Marshal(now)
		if err != nil {
			return err
		}
		if err := item.PipeE(yaml.SetAnnotation(policyAnnotation, string(data))); err != nil {
			return err
		}
	}
	return nil
}

// notedPolicies compares the policies of an app with those that belay noted on
// its Service or Route. Where kustomize has renamed objects, the names within a
// policy are others, and only its presence is compared.
func (l *list) notedPolicies(item *yaml.RNode, all names) error {
	text := item.GetAnnotations()[policyAnnotation]
	if text == "" {
		return nil
	}
	var noted map[string]string
	if err := json.Unmarshal([]byte(text), &noted); err != nil {
		l.results.add(about(item, diag.Error, diag.LostPolicy, "metadata.annotations", "the annotation %s is not what belay wrote: %v", policyAnnotation, err))
		return nil
	}
	renamed := len(all.former)+len(all.moved) > 0
	for _, key := range slices.Sorted(maps.Keys(noted)) {
		policy := l.policyNamed(key)
		if policy == nil {
			l.results.add(about(item, diag.Error, diag.LostPolicy, "metadata.annotations", "the policy %s of app %s is gone", key, item.GetLabels()[nameLabel]).
				withHint("keep it, or remove the field of mesh in the spec that it is made of"))
			continue
		}
		object, err := withoutNotes(policy)
		if err != nil {
			return err
		}
		if !renamed && lower.PolicyHash(object) != noted[key] {
			l.results.add(about(policy, diag.Error, diag.LostPolicy, "spec", "the policy of app %s is not the one that belay wrote", item.GetLabels()[nameLabel]).
				withHint("remove what changes it, and change mesh in the spec"))
		}
	}
	return nil
}

// policyNamed is the item that a noted policy is now; nil if there is none.
func (l *list) policyNamed(key string) *yaml.RNode {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) != 3 {
		return nil
	}
	for _, item := range l.items {
		wasNamed := item.GetName() == parts[2] || slices.Contains(formerNames(item), parts[2])
		wasIn := item.GetNamespace() == parts[1] || slices.Contains(noted(item, previousNamespaces), parts[1])
		if item.GetKind() == parts[0] && wasNamed && wasIn {
			return item
		}
	}
	return nil
}

// selected says which policies of an app do not select the pods of a template.
func (l *list) selected(item *yaml.RNode) {
	app := item.GetLabels()[nameLabel]
	for _, policy := range l.items {
		if !owned(policy) || !lower.IsPolicy(policy.GetKind()) || policy.GetNamespace() != item.GetNamespace() || policy.GetLabels()[nameLabel] != app {
			continue
		}
		path, selector := selectorOf(policy)
		if selector == nil || homeOf(policy) != "" {
			continue // a ServiceEntry, or a policy for Knative's activator that an overlay moved, which is reported as such
		}
		for key, value := range selector {
			if !hasPodLabel(item, key, value) {
				l.results.add(about(policy, diag.Error, diag.LostPolicy, path, "it does not select the pods of %s %s: these have no label %s: %s", item.GetKind(), item.GetName(), key, value))
			}
		}
	}
}

// selectorOf is what a policy selects pods by, and where it is written.
func selectorOf(policy *yaml.RNode) (path string, labels map[string]string) {
	for _, at := range [][]string{{"spec", "selector", "matchLabels"}, {"spec", "workloadSelector", "labels"}} {
		n := field(policy, at...)
		if n == nil || n.YNode().Kind != yaml.MappingNode {
			continue
		}
		labels = map[string]string{}
		for i := 0; i+1 < len(n.YNode().Content); i += 2 {
			labels[n.YNode().Content[i].Value] = n.YNode().Content[i+1].Value
		}
		return strings.Join(at, "."), labels
	}
	return "", nil
}

// hasPodLabel reports whether the pods of an object have a label: its template
// does, or Knative sets it after the name of the Service. While kustomize is at
// work, that may be a former name: it renames what refers to the Service last.
func hasPodLabel(item *yaml.RNode, key, value string) bool {
	if key == serviceLabel && item.GetKind() == "Service" {
		return value == item.GetName() || slices.Contains(formerNames(item), value)
	}
	return yaml.GetValue(field(item, "spec", "template", "metadata", "labels", key)) == value
}
