package lower

import (
	security "istio.io/api/security/v1beta1"
)

var mtlsModes = map[string]security.PeerAuthentication_MutualTLS_Mode{
	"strict":     security.PeerAuthentication_MutualTLS_STRICT,
	"permissive": security.PeerAuthentication_MutualTLS_PERMISSIVE,
	"disable":    security.PeerAuthentication_MutualTLS_DISABLE,
}

// peerAuthentication makes the policy on who may connect to the app's pods.
func (b *builder) peerAuthentication() {
	if b.app.Spec.Mesh == nil {
		return
	}
	mode, ok := mtlsModes[b.app.Spec.Mesh.MTLS]
	if !ok {
		return
	}
	b.addMesh(b.meta(b.app.Name), &security.PeerAuthentication{
		Selector: b.selector(),
		Mtls:     &security.PeerAuthentication_MutualTLS{Mode: mode},
	})
}
