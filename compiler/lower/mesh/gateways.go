package mesh

import (
	"slices"

	"github.com/belay-sh/belay/internal/target"
)

// external are the gateways that Knative binds the app to for requests from
// outside the cluster. check has reported an app that needs one and has none.
func (a *App) external() []target.Gateway {
	return a.Target.ExternalGateways(a.RouteLabels())
}

// local are the gateways for requests from inside the cluster.
func (a *App) local() []target.Gateway {
	return a.Target.LocalGateways(a.RouteLabels())
}

// publicGateways are the names of the external gateways, to bind to.
func (a *App) publicGateways() (names []string) {
	for _, g := range a.external() {
		names = append(names, g.QualifiedName())
	}
	return names
}

// externalServices are the external gateways that have different pods.
func (a *App) externalServices() (gateways []target.Gateway) {
	for _, g := range a.external() {
		same := func(o target.Gateway) bool { return o.ServiceHost() == g.ServiceHost() }
		if !slices.ContainsFunc(gateways, same) {
			gateways = append(gateways, g)
		}
	}
	return gateways
}

// gatewayName is the name of the app's own Gateway on the pods of the external
// gateway at a place in the list.
func (a *App) gatewayName(i int, g target.Gateway) string {
	if i == 0 {
		return a.Name
	}
	return a.Name + "-" + g.ServiceName()
}

// ownGateways are the qualified names of the app's own Gateways.
func (a *App) ownGateways() (names []string) {
	for i, g := range a.externalServices() {
		names = append(names, a.Namespace+"/"+a.gatewayName(i, g))
	}
	return names
}
