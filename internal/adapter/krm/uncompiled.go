package krm

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// localConfig marks an object that hosts keep out of what they apply.
const localConfig = "config.kubernetes.io/local-config"

// uncompiled reports the items that configure a function of belay's. Among the
// objects of a build they would go to a cluster, which does not know them, and
// what they stand for would be missing.
func (l *list) uncompiled() {
	for _, item := range l.items {
		group, _, _ := strings.Cut(item.GetApiVersion(), "/")
		if group != "belay.sh" || item.GetAnnotations()[localConfig] == "true" || *reference(item) == *reference(l.config.node) {
			continue
		}
		l.results.add(uncompiledResult(item))
	}
}

func uncompiledResult(item *yaml.RNode) Result {
	kind := item.GetKind()
	where := "generators"
	if slices.Contains([]string{"Pin", "Finalize", "Vet"}, kind) {
		where = "transformers"
	}
	switch {
	case fields[kind] == nil:
		return about(item, diag.Error, diag.UncompiledObject, "kind", "belay has no kind %s, and a cluster does not either; belay has %s", kind, strings.Join(ir.Sorted(fields), ", "))
	case item.GetApiVersion() != configAPI:
		return about(item, diag.Error, diag.UncompiledObject, "apiVersion", "%s is not a version of %s that belay has; it has %s", item.GetApiVersion(), kind, configAPI).
			withHint("set apiVersion: %s, and list the file under %s, not under resources", configAPI, where)
	}
	return about(item, diag.Error, diag.UncompiledObject, "kind", "this %s has not been run: a cluster does not know the kind", kind).
		withHint("list its file under %s, not under resources", where)
}
