package lower

import (
	"slices"

	"github.com/belay-sh/belay/internal/target"
)

// external are the gateways that Knative binds the app to for requests from
// outside the cluster. check has reported an app that needs one and has none.
func (b *builder) external() []target.Gateway {
	return b.pinned.Target.ExternalGateways(b.app.RouteLabels())
}

// local are the gateways for requests from inside the cluster.
func (b *builder) local() []target.Gateway {
	return b.pinned.Target.LocalGateways(b.app.RouteLabels())
}

// publicGateways are the names of the external gateways, to bind to.
func (b *builder) publicGateways() (names []string) {
	for _, g := range b.external() {
		names = append(names, g.QualifiedName())
	}
	return names
}

// externalServices are the external gateways that have different pods.
func (b *builder) externalServices() (gateways []target.Gateway) {
	for _, g := range b.external() {
		same := func(o target.Gateway) bool { return o.ServiceHost() == g.ServiceHost() }
		if !slices.ContainsFunc(gateways, same) {
			gateways = append(gateways, g)
		}
	}
	return gateways
}

// gatewayName is the name of the app's own Gateway on the pods of the external
// gateway at a place in the list.
func (b *builder) gatewayName(i int, g target.Gateway) string {
	if i == 0 {
		return b.app.Name
	}
	return b.app.Name + "-" + g.ServiceName()
}

// ownGateways are the qualified names of the app's own Gateways.
func (b *builder) ownGateways() (names []string) {
	for i, g := range b.externalServices() {
		names = append(names, b.app.Namespace+"/"+b.gatewayName(i, g))
	}
	return names
}
