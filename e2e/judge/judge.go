// Package judge compares what was applied with what the cluster made of it. It
// reads objects only.
package judge

import (
	"fmt"
	"slices"
	"strings"

	"github.com/google/go-cmp/cmp"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
)

// notes are what the server, Knative's webhook and controllers, and kubectl
// write on objects beside what was applied.
var notes = [][]string{
	{"status"},
	{"metadata", "managedFields"},
	{"metadata", "uid"},
	{"metadata", "resourceVersion"},
	{"metadata", "generation"},
	{"metadata", "creationTimestamp"},
	{"metadata", "finalizers"},
	{"metadata", "annotations", "serving.knative.dev/creator"},
	{"metadata", "annotations", "serving.knative.dev/lastModifier"},
	{"metadata", "annotations", "serving.knative.dev/routes"},
	{"metadata", "annotations", "kubectl.kubernetes.io/last-applied-configuration"},
}

// namespaceNotes are those on Namespaces.
var namespaceNotes = [][]string{
	{"spec"},
	{"metadata", "labels", "kubernetes.io/metadata.name"},
}

// Stored returns a live object without such notes: if the server changed
// nothing, it is what was applied.
func Stored(live *unstructured.Unstructured) *unstructured.Unstructured {
	u := live.DeepCopy()
	for _, field := range notes {
		unstructured.RemoveNestedField(u.Object, field...)
	}
	if u.GetKind() == "Namespace" {
		for _, field := range namespaceNotes {
			unstructured.RemoveNestedField(u.Object, field...)
		}
	}
	for _, m := range []string{"annotations", "labels"} {
		if values, _, _ := unstructured.NestedMap(u.Object, "metadata", m); len(values) == 0 {
			unstructured.RemoveNestedField(u.Object, "metadata", m)
		}
	}
	return u
}

// Drift tells how a live object differs from what was applied, but for the
// fields that are known to be added, which it must have; "" if it does not. A
// field is a path with dots.
func Drift(applied, live *unstructured.Unstructured, added ...string) string {
	stored := Stored(live)
	for _, field := range added {
		path := strings.Split(field, ".")
		if _, ok, _ := unstructured.NestedFieldNoCopy(stored.Object, path...); !ok {
			return field + " is not added"
		}
		unstructured.RemoveNestedField(stored.Object, path...)
	}
	return cmp.Diff(applied.Object, stored.Object)
}

// Unready says why an object of Knative's is not Ready as it is stored; "" if it is.
// What is not True for an earlier generation does not count either way.
func Unready(u *unstructured.Unstructured) string {
	observed, _, _ := unstructured.NestedInt64(u.Object, "status", "observedGeneration")
	if observed != u.GetGeneration() {
		return fmt.Sprintf("generation %d is not observed yet", u.GetGeneration())
	}
	var why []string
	ready := false
	conditions, _, _ := unstructured.NestedSlice(u.Object, "status", "conditions")
	for _, c := range conditions {
		m, _ := c.(map[string]any)
		if m["status"] != "True" {
			why = append(why, fmt.Sprintf("%v is %v: %v %v", m["type"], m["status"], m["reason"], m["message"]))
		} else if m["type"] == "Ready" {
			ready = true
		}
	}
	if ready {
		return ""
	}
	return "not Ready; " + strings.Join(why, "; ")
}

// Contains tells what of want got lacks; "" if nothing. Maps may have more
// keys, and lists more elements, than are wanted.
func Contains(want, got any) string { return lacks("", want, got) }

func lacks(path string, want, got any) string {
	switch want := want.(type) {
	case map[string]any:
		m, ok := got.(map[string]any)
		if !ok {
			return fmt.Sprintf("%s is %v, not a map", path, got)
		}
		for _, key := range sortedKeys(want) {
			if why := lacks(path+"."+key, want[key], m[key]); why != "" {
				return why
			}
		}
		return ""
	case []any:
		list, _ := got.([]any)
		for _, w := range want {
			if !slices.ContainsFunc(list, func(g any) bool { return lacks("", w, g) == "" }) {
				return fmt.Sprintf("%s has no %v: %v", path, w, got)
			}
		}
		return ""
	}
	if want != got {
		return fmt.Sprintf("%s is %v, not %v", path, got, want)
	}
	return ""
}

func sortedKeys(m map[string]any) []string {
	keys := make([]string, 0, len(m))
	for key := range m {
		keys = append(keys, key)
	}
	slices.Sort(keys)
	return keys
}
