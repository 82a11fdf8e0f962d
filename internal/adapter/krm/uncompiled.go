package krm

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/overlay"
)

// localConfig is the annotation of objects that hosts do not apply.
const localConfig = "config.kubernetes.io/local-config"

// reportUncompiled reports the items that are configurations of belay's functions.
// Among the objects of a build they would go to a cluster, which does not know
// their kinds, and the objects that they generate would be missing.
func (c *call) reportUncompiled() {
	for _, item := range c.items {
		group, _, _ := strings.Cut(item.GetApiVersion(), "/")
		if group != "belay.sh" || item.GetAnnotations()[localConfig] == "true" || overlay.Identifier(item) == overlay.Identifier(c.config.node) {
			continue
		}
		c.results.add(newUncompiledResult(item))
	}
}

func newUncompiledResult(item *yaml.RNode) Result {
	kind := item.GetKind()
	where := "generators"
	if slices.Contains([]string{"Pin", "Finalize", "Vet"}, kind) {
		where = "transformers"
	}
	switch {
	case allowedFields[kind] == nil:
		return newResult(item, diag.Error, diag.UncompiledObject, "kind", "belay has no kind %s, and a cluster does not either; belay has %s", kind, strings.Join(ir.Sorted(allowedFields), ", "))
	case item.GetApiVersion() != configAPI:
		return newResult(item, diag.Error, diag.UncompiledObject, "apiVersion", "%s is not a version of %s that belay has; it has %s", item.GetApiVersion(), kind, configAPI).
			withHint("set apiVersion: %s, and list the file under %s, not under resources", configAPI, where)
	}
	return newResult(item, diag.Error, diag.UncompiledObject, "kind", "this %s has not been run: a cluster does not know the kind", kind).
		withHint("list its file under %s, not under resources", where)
}
