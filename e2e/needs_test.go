package e2e

import (
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// needs are the objects that the bundle's rely on, and that belay does not
// emit: namespaces, and what the API server wants to see before it admits a
// pod. They stay.
func (b bundle) needs() (all []*unstructured.Unstructured) {
	for _, name := range b.namespaces() {
		all = append(all, object("v1", "Namespace", "", name))
	}
	for _, u := range b.objects {
		if name := podField(u, "serviceAccountName"); name != "" {
			all = append(all, object("v1", "ServiceAccount", u.GetNamespace(), name))
		}
		if name := podField(u, "priorityClassName"); name != "" {
			class := object("scheduling.k8s.io/v1", "PriorityClass", "", name)
			class.Object["value"] = int64(1000)
			all = append(all, class)
		}
		if name := podField(u, "runtimeClassName"); name != "" {
			class := object("node.k8s.io/v1", "RuntimeClass", "", name)
			class.Object["handler"] = "runc"
			all = append(all, class)
		}
	}
	return all
}

// history are the Configurations that made the revisions that the bundle's
// Routes name.
func (b bundle) history() (all []*unstructured.Unstructured) {
	for _, u := range b.objects {
		for _, name := range existing(u) {
			all = append(all, revision(u.GetNamespace(), name))
		}
	}
	return all
}

func object(apiVersion, kind, namespace, name string) *unstructured.Unstructured {
	u := &unstructured.Unstructured{}
	u.SetAPIVersion(apiVersion)
	u.SetKind(kind)
	u.SetNamespace(namespace)
	u.SetName(name)
	return u
}

func podField(u *unstructured.Unstructured, name string) string {
	value, _, _ := unstructured.NestedString(u.Object, "spec", "template", "spec", name)
	return value
}

// existing are the revisions that a Route names.
func existing(u *unstructured.Unstructured) (names []string) {
	if u.GetKind() != "Route" {
		return nil
	}
	targets, _, _ := unstructured.NestedSlice(u.Object, "spec", "traffic")
	for _, t := range targets {
		if name, _ := t.(map[string]any)["revisionName"].(string); name != "" {
			names = append(names, name)
		}
	}
	return names
}

// revision is a Configuration with a revision of the name given.
func revision(namespace, name string) *unstructured.Unstructured {
	u := object("serving.knative.dev/v1", "Configuration", namespace, name[:strings.LastIndex(name, "-")])
	u.Object["spec"] = map[string]any{"template": map[string]any{
		"metadata": map[string]any{"name": name},
		"spec": map[string]any{"containers": []any{map[string]any{
			"name": "user-container", "image": "registry.example.com/existing",
		}}},
	}}
	return u
}
