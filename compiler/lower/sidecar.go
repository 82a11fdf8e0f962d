package lower

import (
	"slices"

	networking "istio.io/api/networking/v1alpha3"
)

// sidecar makes the object that confines the app to what its egress lists. In
// sight stay the app's namespace, with the Services of its neighbours'
// revisions, and those of the gateways, through which Knative's own hosts lead.
func (b *builder) sidecar() {
	if b.app.Spec.Mesh == nil || len(b.app.Spec.Mesh.Egress) == 0 {
		return
	}
	hosts := b.pinned.Target.SidecarHosts()
	for _, e := range b.app.Spec.Mesh.Egress {
		if host := e.Namespace + "/*"; e.Namespace != "" && e.Namespace != b.app.Namespace && !slices.Contains(hosts, host) {
			hosts = append(hosts, host)
		}
	}
	b.addMesh(b.meta(b.app.Name), &networking.Sidecar{
		WorkloadSelector:      &networking.WorkloadSelector{Labels: b.selector().MatchLabels},
		Egress:                []*networking.IstioEgressListener{{Hosts: hosts}},
		OutboundTrafficPolicy: &networking.OutboundTrafficPolicy{Mode: networking.OutboundTrafficPolicy_REGISTRY_ONLY},
	})
}
