package mesh

import (
	telemetry "istio.io/api/telemetry/v1alpha1"

	"github.com/belay-sh/belay/compiler/fields"
)

// Telemetries makes the object on what the mesh reports of the app. It always
// selects the app's pods: of those that select none, a namespace has one
// (IST0160), which is not an app's to write.
func (a *App) Telemetries() []Object {
	m := a.Spec.Mesh
	if m == nil || m.Telemetry == nil {
		return nil
	}
	t := m.Telemetry
	if t.Tracing == nil && t.AccessLog == nil && t.Metrics == nil {
		return nil
	}
	selector, waypoint := a.requestScope()
	spec := &telemetry.Telemetry{Selector: selector, TargetRefs: waypoint}
	fields.Telemetry.Write(a.conversion(), a.Node, t, spec)
	return []Object{{Name: a.Name, Spec: spec}}
}
