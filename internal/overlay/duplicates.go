package overlay

import (
	"cmp"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
)

// Duplicates reports each object that has the identity of an earlier one among
// objects that are applied together: the later replaces the other in the cluster,
// and what belay noted is compared with one of them alone. Vet does not report them:
// a function may be given the objects of several packages.
func Duplicates(objects []*yaml.RNode) []Finding {
	b := &build{}
	first := map[identity]*yaml.RNode{}
	for _, o := range objects {
		if _, ok := CheckShape(o); !ok || o.GetName() == "" || o.GetAnnotations()[localConfig] == "true" {
			continue
		}
		id := identityOf(o) // whatever the version, which the API server converts
		id.namespace = cmp.Or(id.namespace, "default")
		if first[id] == nil {
			first[id] = o
			continue
		}
		f := newError(o, diag.DuplicateName, "metadata.name", "there is another %s %s%s", id.kind, id.name, where(o)).
			withHint("the last one that is applied replaces the others; keep one, or give each a name of its own")
		f.First = first[id]
		b.report(f)
	}
	return b.findings
}

// where returns the namespace of an object for a message; "" if it names none.
func where(o *yaml.RNode) string {
	if o.GetNamespace() == "" {
		return ""
	}
	return " in namespace " + o.GetNamespace()
}
