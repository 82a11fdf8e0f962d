package overlay

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// FunctionAPI is the apiVersion of the objects that configure belay's functions.
const FunctionAPI = functionGroup + "/" + schema.APIVersion

const functionGroup = "belay.sh"

// FunctionKinds maps the kinds of these objects to the field of a kustomization
// that lists them.
var FunctionKinds = map[string]string{
	"App": "generators", "Apps": "generators", "Render": "generators",
	"Pin": "transformers", "Finalize": "transformers", "Vet": "transformers",
}

// localConfig is the annotation of objects that hosts do not apply.
const localConfig = "config.kubernetes.io/local-config"

// vetUncompiled reports an object that configures a function of belay's. Among the
// objects of a build it would go to a cluster, which does not know its kind, and
// the objects that it generates would be missing.
func (b *build) vetUncompiled(o *yaml.RNode) {
	if groupOf(o) != functionGroup && o.GetApiVersion() != functionGroup || o.GetAnnotations()[localConfig] == "true" {
		return
	}
	kind := o.GetKind()
	field, known := FunctionKinds[kind]
	switch {
	case !known:
		b.report(newError(o, diag.UncompiledObject, "kind", "belay has no kind %s, and a cluster does not either; belay has %s", kind, strings.Join(ir.Sorted(FunctionKinds), ", ")))
	case o.GetApiVersion() != FunctionAPI:
		b.report(newError(o, diag.UncompiledObject, "apiVersion", "%s is not a version of %s that belay has; it has %s", o.GetApiVersion(), kind, FunctionAPI).
			withHint("set apiVersion: %s, and list the file under %s, not under resources", FunctionAPI, field))
	default:
		b.report(newError(o, diag.UncompiledObject, "kind", "this %s has not been run: a cluster does not know the kind", kind).
			withHint("list its file under %s, not under resources", field))
	}
}
