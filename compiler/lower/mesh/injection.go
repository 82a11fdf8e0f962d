package mesh

import (
	typeapi "istio.io/api/type/v1beta1"

	"github.com/belay-sh/belay/internal/objectmeta"
)

// selector selects the app's pods. Those of a Service have a label that Knative
// sets itself, which no template can be without; those of tracks have belay's.
// So do those whose policies are in another cluster: an overlay that renames the
// Service there cannot rename it in the policies here.
func (a *App) selector() *typeapi.WorkloadSelector {
	key := objectmeta.ServiceLabel
	if a.HasTracks() || a.Target.Mesh.Separate {
		key = objectmeta.AppLabel
	}
	return &typeapi.WorkloadSelector{MatchLabels: map[string]string{key: a.Name}}
}

// requestScope returns whose requests a policy is for: the app's pods', by their
// sidecars, or the waypoint's before them. One of the two is nil.
func (a *App) requestScope() (*typeapi.WorkloadSelector, []*typeapi.PolicyTargetReference) {
	if name := a.Spec.Mesh.Waypoint; name != "" {
		return nil, []*typeapi.PolicyTargetReference{{Group: "gateway.networking.k8s.io", Kind: "Gateway", Name: name}}
	}
	return a.selector(), nil
}
