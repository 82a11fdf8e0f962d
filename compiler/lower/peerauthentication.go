package lower

import (
	security "istio.io/api/security/v1beta1"
	typeapi "istio.io/api/type/v1beta1"

	"github.com/belay-sh/belay/schema"
)

const injectLabel = "sidecar.istio.io/inject"

// injection is the value of the label that Istio reads on pods: since 1.22
// kn writes it as a label, and the annotation is deprecated.
func injection(m *schema.Mesh) string {
	if m.Inject != nil && !*m.Inject {
		return "false"
	}
	return "true"
}

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
	b.istio(securityGroup, b.meta(b.app.Name), &security.PeerAuthentication{
		Selector: b.selector(),
		Mtls:     &security.PeerAuthentication_MutualTLS{Mode: mode},
	})
}

// selector selects the app's pods, whatever strategy made them.
func (b *builder) selector() *typeapi.WorkloadSelector {
	return &typeapi.WorkloadSelector{MatchLabels: map[string]string{appLabel: b.app.Name}}
}
