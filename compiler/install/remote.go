package install

import (
	"path"
	"slices"

	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// remote is an install from URLs: the cluster's settings, and the labels of
// Knative's namespace, become patches of what is there.
func remote(c *ir.Checked) *ir.Remote {
	r := &ir.Remote{URLs: withoutDuplicates(c.Platform.Spec.URLs)}
	for _, ns := range c.Namespaces {
		if labels := userLabels(ns); ns.Name == ir.ServingNamespace && len(labels) > 0 {
			r.Patches = append(r.Patches, object("v1", "Namespace", metav1.ObjectMeta{Name: ns.Name, Labels: labels}, nil))
		}
	}
	settings := configMaps(c.Target)
	for _, name := range ir.Sorted(settings) {
		r.Patches = append(r.Patches, configMap("config-"+name, settings[name]))
	}
	return r
}

// withoutDuplicates leaves out the CRDs where serving-core.yaml, which has them
// once more, is there: kustomize rejects an object that comes a second time.
func withoutDuplicates(urls []string) []string {
	is := func(name string) func(string) bool {
		return func(url string) bool { return path.Base(url) == name }
	}
	if !slices.ContainsFunc(urls, is(target.ServingCore)) {
		return urls
	}
	return slices.DeleteFunc(slices.Clone(urls), is(target.ServingCRDs))
}

// configMap is a ConfigMap of Knative's, as far as the settings go.
func configMap(name string, settings map[string]string) ir.Object {
	data, err := json.Marshal(corev1.ConfigMap{
		TypeMeta:   metav1.TypeMeta{APIVersion: "v1", Kind: "ConfigMap"},
		ObjectMeta: metav1.ObjectMeta{Name: name, Namespace: ir.ServingNamespace},
		Data:       settings,
	})
	if err != nil {
		panic("belay internal: ConfigMap " + name + ": " + err.Error())
	}
	return ir.Object{APIVersion: "v1", Kind: "ConfigMap", Namespace: ir.ServingNamespace, Name: name, JSON: data}
}
