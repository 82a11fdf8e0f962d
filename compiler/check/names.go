package check

import (
	"strconv"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// Lengths of names. A label of DNS, and so the name of a Kubernetes Service,
// has at most 63 characters; Knative appends "-00001" to a Configuration's
// name for its revisions; belay appends '-' and eight hex digits.
const (
	maxLabel     = 63
	numberSuffix = len("-00001")
	hashSuffix   = len("-1a2b3c4d")
)

// checkAppNames holds what is derived from the app's name to the length of a
// label. The webhook does not look; the reconciler fails later, or shortens
// the name to a hash that nothing can refer to.
func checkAppNames(_ *target.Target, a *ir.App) (diags diag.List) {
	if !a.Declared() {
		return nil
	}
	for _, r := range a.Revisions {
		n := declared(a, r)
		switch {
		case r.Spec.Existing != "":
		case a.Spec.Strategy == "service":
			diags.Add(keyTooLong(n, a.Name+"-"+r.ID, hashSuffix, "the revision")...)
		default:
			diags.Add(keyTooLong(n, a.Name+"-"+r.ID, numberSuffix, "the Configuration")...)
		}
	}
	return diags
}

func keyTooLong(n *ir.Node, derived string, suffix int, what string) diag.List {
	if len(derived)+suffix <= maxLabel {
		return nil
	}
	return diag.List{n.KeyErrorf(diag.NameTooLong, "%s", tooLongMessage(derived, suffix, what))}
}

func tooLongMessage(derived string, suffix int, what string) string {
	if suffix > 0 {
		derived += strings.Repeat("?", suffix)
	}
	return what + " becomes " + derived + ", of " + strconv.Itoa(len(derived)) + " characters; a name has at most " + strconv.Itoa(maxLabel)
}

// reservedContainers are names that Knative and Istio take in every pod.
var reservedContainers = map[string]string{
	"user-container":   "belay calls the app's own container so",
	"queue-proxy":      "Knative's own container is called so",
	"istio-proxy":      "the mesh's sidecar is called so",
	"istio-init":       "the mesh's init container is called so",
	"istio-validation": "the mesh's init container is called so",
}

// checkContainerNames holds the containers of a pod to different names.
func checkContainerNames(_ *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	sidecars := r.Node.Field("sidecars")
	for _, c := range r.Containers() {
		if why, ok := reservedContainers[c.Name]; ok {
			diags.Add(c.Node.KeyErrorf(diag.ReservedName, "a container can't be called %s: %s", c.Name, why))
		}
		if other := sidecars.Field(c.Name); c.Role == ir.Init && other != nil {
			last, first := c.Node, other
			if first.Key.Compare(last.Key) > 0 {
				last, first = first, last
			}
			diags.Add(last.KeyErrorf(diag.DuplicateName, "an init container and a sidecar are both called %s", c.Name).
				WithRelated(first.Key, "the other one"))
		}
	}
	return diags
}
