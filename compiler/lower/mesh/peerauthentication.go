package mesh

import (
	security "istio.io/api/security/v1beta1"
)

// MutualTLS returns a mode of mTLS, as a spec has it, as Istio has it; nil for
// "inherit" and for none.
func MutualTLS(mode string) *security.PeerAuthentication_MutualTLS {
	switch mode {
	case "strict":
		return &security.PeerAuthentication_MutualTLS{Mode: security.PeerAuthentication_MutualTLS_STRICT}
	case "permissive":
		return &security.PeerAuthentication_MutualTLS{Mode: security.PeerAuthentication_MutualTLS_PERMISSIVE}
	case "disable":
		return &security.PeerAuthentication_MutualTLS{Mode: security.PeerAuthentication_MutualTLS_DISABLE}
	}
	return nil
}

// PeerAuthentications makes the policy on who may connect to the app's pods.
func (a *App) PeerAuthentications() []Object {
	if a.Spec.Mesh == nil {
		return nil
	}
	mtls := MutualTLS(a.Spec.Mesh.MTLS)
	if mtls == nil {
		return nil
	}
	return []Object{{Name: a.Name, Spec: &security.PeerAuthentication{Selector: a.selector(), Mtls: mtls}}}
}
