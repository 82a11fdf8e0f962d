package lower

import (
	"strconv"

	typeapi "istio.io/api/type/v1beta1"

	"github.com/belay-sh/belay/schema"
)

// meshLabels are the labels by which pods join the mesh, or stay outside. Istio
// reads the annotation of that name too; it is deprecated.
func meshLabels(m *schema.Mesh) map[string]string {
	if m == nil {
		return nil
	}
	injected := !m.Ambient && (m.Inject == nil || *m.Inject)
	labels := map[string]string{"sidecar.istio.io/inject": strconv.FormatBool(injected)}
	if m.Ambient {
		labels["istio.io/dataplane-mode"] = "ambient"
	}
	if m.Waypoint != "" {
		labels["istio.io/use-waypoint"] = m.Waypoint
	}
	return labels
}

// serviceLabel is set by Knative on the revisions of a Service and their pods.
const serviceLabel = "serving.knative.dev/service"

// selector selects the app's pods. Those of a Service have a label that Knative
// sets itself, which no template can be without; those of tracks have belay's.
// So do those whose policies are in another cluster: an overlay that renames the
// Service there cannot rename it in the policies here.
func (b *builder) selector() *typeapi.WorkloadSelector {
	key := serviceLabel
	if b.tracks() || b.pinned.Target.Mesh.Separate {
		key = appLabel
	}
	return &typeapi.WorkloadSelector{MatchLabels: map[string]string{key: b.app.Name}}
}

// requestScope says whose requests a policy is for: the app's pods', by their
// sidecars, or the waypoint's before them.
func (b *builder) requestScope() (*typeapi.WorkloadSelector, []*typeapi.PolicyTargetReference) {
	if name := b.app.Spec.Mesh.Waypoint; name != "" {
		return nil, []*typeapi.PolicyTargetReference{{Group: "gateway.networking.k8s.io", Kind: "Gateway", Name: name}}
	}
	return b.selector(), nil
}
