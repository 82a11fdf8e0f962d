package install

import (
	"maps"
	"strings"

	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/belay-sh/belay/internal/ir"
)

// adapt sets in an object of a release what the spec has for the install: labels
// of the namespace, settings, and replicas.
func (r *release) adapt(u *unstructured.Unstructured) error {
	switch u.GetKind() {
	case "Namespace":
		for _, ns := range r.checked.Namespaces {
			if ns.Name == u.GetName() {
				return addTo(u, userLabels(ns), "metadata", "labels")
			}
		}
	case "ConfigMap":
		return r.configure(u)
	case "Deployment":
		return scaleDeployment(u, int64(r.checked.Platform.Spec.Replicas))
	case "HorizontalPodAutoscaler":
		return scaleAutoscaler(u, int64(r.checked.Platform.Spec.Replicas))
	}
	return nil
}

// configure adds the cluster's own settings to a ConfigMap. The documentation
// in it stays: the webhook compares it with a checksum.
func (r *release) configure(u *unstructured.Unstructured) error {
	name := strings.TrimPrefix(u.GetName(), "config-")
	settings := r.unset[name]
	if settings == nil || u.GetNamespace() != ir.ServingNamespace {
		return nil
	}
	delete(r.unset, name)
	return addTo(u, settings, "data")
}

// addTo adds entries to a map of strings in an object.
func addTo(u *unstructured.Unstructured, more map[string]string, path ...string) error {
	entries, _, err := unstructured.NestedStringMap(u.Object, path...)
	if err != nil || len(more) == 0 {
		return err
	}
	if entries == nil {
		entries = map[string]string{}
	}
	maps.Copy(entries, more)
	return unstructured.SetNestedStringMap(u.Object, entries, path...)
}

// autoscaled are the Deployments whose replicas an autoscaler sets.
var autoscaled = map[string]bool{"activator": true, "webhook": true}

// scaleDeployment does what the operator does for high-availability
// (knative.dev/operator, pkg/reconciler/common/ha.go): n replicas of whatever
// has no autoscaler.
func scaleDeployment(u *unstructured.Unstructured, n int64) error {
	if n == 0 || autoscaled[u.GetName()] {
		return nil
	}
	return unstructured.SetNestedField(u.Object, n, "spec", "replicas")
}

// scaleAutoscaler raises an autoscaler's bounds, so that n is the least
// (knative.dev/operator, pkg/reconciler/common/hpa.go).
func scaleAutoscaler(u *unstructured.Unstructured, n int64) error {
	least, _, err := unstructured.NestedInt64(u.Object, "spec", "minReplicas")
	if err != nil || least >= n {
		return err
	}
	most, bounded, err := unstructured.NestedInt64(u.Object, "spec", "maxReplicas")
	if err == nil && bounded {
		err = unstructured.SetNestedField(u.Object, most+n-least, "spec", "maxReplicas")
	}
	if err != nil {
		return err
	}
	return unstructured.SetNestedField(u.Object, n, "spec", "minReplicas")
}

// nameJob gives a job, which the release leaves to the API server to name, a
// name of its own, and reports whether it did: only a hook can be applied again
// under the same name.
func nameJob(u *unstructured.Unstructured) bool {
	prefix := u.GetGenerateName()
	if prefix == "" {
		return false
	}
	u.SetGenerateName("")
	u.SetName(strings.TrimSuffix(prefix, "-"))
	return true
}
