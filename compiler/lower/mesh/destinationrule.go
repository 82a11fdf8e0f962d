package mesh

import (
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/compiler/fields"
)

// DestinationRules make the rules on connections to the app's pods. Requests
// end at the Service of a revision: a rule on the app's own host, which leads
// to the gateway, would have no effect. They set no TLS, which the
// mesh does itself.
func (a *App) DestinationRules() (rules []Object) {
	m := a.Spec.Mesh
	if m == nil {
		return nil
	}
	policy := &networking.TrafficPolicy{}
	fields.Connections.Write(a.conversion(), a.Node, &m.Resilience, policy)
	if proto.Size(policy) == 0 {
		return nil
	}
	for _, name := range a.RevisionNames() {
		rules = append(rules, Object{Name: name, Spec: &networking.DestinationRule{
			Host:          name + "." + a.Namespace + ".svc.cluster.local",
			TrafficPolicy: policy,
		}})
	}
	return rules
}
