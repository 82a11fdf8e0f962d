package mesh

import (
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/ir"
)

// originalHost carries the host that the client asked for through Knative's
// own routing, at the end of which it is the Host again, as with a
// DomainMapping (knative.dev/serving/pkg/reconciler/domainmapping/resources/ingress.go).
const originalHost = "K-Original-Host"

// VirtualServices makes the VirtualServices in front of Knative: one for each
// of the app's domains, in the place and by the name of its DomainMapping, and
// one for the requests that are mirrored.
//
// They send requests on to Knative's gateway inside the cluster, with the
// app's host there, or that of a tag: net-istio's own VirtualServices take it
// from there, weights and all. VirtualServices do not chain inside one proxy,
// so this is a second pass through the gateway.
func (a *App) VirtualServices() (services []Object) {
	if !a.HasVirtualService() {
		return nil
	}
	for _, domain := range ir.Sorted(a.Spec.Domains) {
		gateways := a.publicGateways()
		if a.Spec.Domains[domain].TLS != "" {
			gateways = a.ownGateways()
		}
		services = append(services, Object{Name: domain, Spec: &networking.VirtualService{
			Hosts:    []string{domain},
			Gateways: gateways,
			Http:     a.routes(domain),
		}})
	}
	for _, r := range a.Revisions {
		if r.Spec.Mirror != "" {
			services = append(services, a.mirrored(r))
		}
	}
	return services
}

// routes are the routes of a domain: to the revisions that match, by id, and
// for all else to the app as a whole. Faults for some requests come first.
func (a *App) routes(domain string) (routes []*networking.HTTPRoute) {
	if m := a.Spec.Mesh; m != nil && m.Fault != nil && m.Fault.Match != nil {
		route := a.toKnative("", domain)
		route.Fault = a.fault()
		route.Match = fields.Matches(a.conversion(), a.Node, m.Fault.Match)
		routes = append(routes, route)
	}
	for _, r := range a.Revisions {
		if len(r.Spec.Match) > 0 {
			route := a.toApp(r.Tag(), domain)
			route.Match = fields.Matches(a.conversion(), a.Node, r.Spec.Match)
			routes = append(routes, route)
		}
	}
	rest := a.toApp("", domain)
	for _, r := range a.Revisions {
		if r.Spec.Mirror != "" {
			rest.Mirror = destination(a.external()[0].ServiceHost())
			rest.MirrorPercentage = fields.Percent(r.Spec.Mirror)
		}
	}
	return append(routes, rest)
}

// toApp is toKnative, with what the app sets for its requests.
func (a *App) toApp(tag, domain string) *networking.HTTPRoute {
	route := a.toKnative(tag, domain)
	m := a.Spec.Mesh
	if m == nil {
		return route
	}
	if m.Fault != nil && m.Fault.Match == nil {
		route.Fault = a.fault()
	}
	fields.Requests.Write(a.conversion(), a.Node, &m.Resilience, route)
	return route
}

func (a *App) fault() *networking.HTTPFaultInjection {
	out := &networking.HTTPFaultInjection{}
	fields.Fault.Write(a.conversion(), a.Node, a.Spec.Mesh.Fault, out)
	return out
}

// toKnative routes to the app's host inside the cluster, or to that of a tag.
// Without retries of its own Istio would retry twice; Knative does not.
func (a *App) toKnative(tag, domain string) *networking.HTTPRoute {
	route := &networking.HTTPRoute{
		Route:   []*networking.HTTPRouteDestination{{Destination: destination(a.local()[0].ServiceHost())}},
		Rewrite: &networking.HTTPRewrite{Authority: a.localHost(tag)},
		Retries: &networking.HTTPRetry{},
	}
	if domain != "" {
		route.Headers = &networking.Headers{Request: &networking.Headers_HeaderOperations{Set: map[string]string{originalHost: domain}}}
	}
	return route
}

// mirrored makes the VirtualService for requests that are mirrored to a
// revision. A mirrored request has the host of the one that it copies, or, by
// older releases of Istio, that host and "-shadow". So that it can be distinguished
// from it, it goes to another place: the gateway from outside, which Knative
// does not give hosts inside the cluster to.
func (a *App) mirrored(r *ir.Revision) Object {
	route := a.toKnative(r.Tag(), "")
	for _, domain := range ir.Sorted(a.Spec.Domains) {
		route.Match = append(route.Match, &networking.HTTPMatchRequest{Headers: map[string]*networking.StringMatch{
			"k-original-host": {MatchType: &networking.StringMatch_Exact{Exact: domain}},
		}})
	}
	host := a.localHost("")
	return Object{Name: a.Name + "-mirror", Spec: &networking.VirtualService{
		Hosts:    []string{host, host + "-shadow"},
		Gateways: a.publicGateways(),
		Http:     []*networking.HTTPRoute{route},
	}}
}

// localHost is the host of the app inside the cluster, or of a tag.
func (a *App) localHost(tag string) string {
	name, err := a.Target.Hostname(a.Name, tag)
	if err != nil {
		return "" // check has reported it, at the template
	}
	host, _ := a.Target.DomainName(name, a.Namespace, true, nil, nil)
	return host
}

func destination(host string) *networking.Destination {
	return &networking.Destination{Host: host, Port: &networking.PortSelector{Number: 80}}
}
