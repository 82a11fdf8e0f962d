package mesh

import (
	"slices"

	networking "istio.io/api/networking/v1alpha3"
)

// Sidecars makes the object that confines the app to what its egress lists. In
// sight stay the app's namespace, with the Services of its neighbours'
// revisions, and those of the gateways, through which Knative's own hosts lead.
func (a *App) Sidecars() []Object {
	if a.Spec.Mesh == nil || len(a.Spec.Mesh.Egress) == 0 {
		return nil
	}
	hosts := a.Target.SidecarHosts()
	for _, e := range a.Spec.Mesh.Egress {
		if host := e.Namespace + "/*"; e.Namespace != "" && e.Namespace != a.Namespace && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	return []Object{{Name: a.Name, Spec: &networking.Sidecar{
		WorkloadSelector:      &networking.WorkloadSelector{Labels: a.selector().MatchLabels},
		Egress:                []*networking.IstioEgressListener{{Hosts: hosts}},
		OutboundTrafficPolicy: &networking.OutboundTrafficPolicy{Mode: networking.OutboundTrafficPolicy_REGISTRY_ONLY},
	}}}
}
