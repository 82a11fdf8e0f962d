package mesh

import (
	security "istio.io/api/security/v1beta1"

	"github.com/belay-sh/belay/compiler/fields"
)

// PeerAuthentications makes the policy on who may connect to the app's pods.
func (a *App) PeerAuthentications() []Object {
	if a.Spec.Mesh == nil {
		return nil
	}
	spec := &security.PeerAuthentication{Selector: a.selector()}
	fields.PeerAuthentication.Write(a.conversion(), a.Node, a.Spec.Mesh, spec)
	if spec.Mtls == nil {
		return nil
	}
	return []Object{{Name: a.Name, Spec: spec}}
}
