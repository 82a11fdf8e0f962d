package lower

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/v1"
	"google.golang.org/protobuf/types/known/durationpb"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// originalHost carries the host that the client asked for through Knative's
// own routing, at the end of which it is the Host again, as with a
// DomainMapping (knative.dev/serving/pkg/reconciler/domainmapping/resources/ingress.go).
const originalHost = "K-Original-Host"

// virtualServices makes the VirtualServices in front of Knative: one for each
// of the app's domains, in the place and by the name of its DomainMapping, and
// one for the requests that are mirrored.
//
// They send requests on to Knative's gateway inside the cluster, with the
// app's host there, or that of a tag: net-istio's own VirtualServices take it
// from there, weights and all. VirtualServices do not chain inside one proxy,
// so this is a second pass through the gateway.
func (b *builder) virtualServices() {
	if !b.app.HasVirtualService() {
		return
	}
	for _, domain := range ir.Sorted(b.app.Spec.Domains) {
		gateways := b.publicGateways()
		if b.app.Spec.Domains[domain].TLS != "" {
			gateways = b.ownGateways()
		}
		b.addMesh(b.meta(domain), &networking.VirtualService{
			Hosts:    []string{domain},
			Gateways: gateways,
			Http:     b.routes(domain),
		})
	}
	for _, r := range b.app.Revisions {
		if r.Spec.Mirror != "" {
			b.mirrored(r)
		}
	}
}

// routes are the routes of a domain: to the revisions that match, by id, and
// for all else to the app as a whole. Faults for some requests come first.
func (b *builder) routes(domain string) (routes []*networking.HTTPRoute) {
	if m := b.app.Spec.Mesh; m != nil && m.Fault != nil && m.Fault.Match != nil {
		route := b.toKnative("", domain)
		route.Fault = fault(m.Fault)
		route.Match = matches(m.Fault.Match)
		routes = append(routes, route)
	}
	for _, r := range b.app.Revisions {
		if len(r.Spec.Match) > 0 {
			route := b.toApp(r.Tag(), domain)
			route.Match = matches(r.Spec.Match)
			routes = append(routes, route)
		}
	}
	rest := b.toApp("", domain)
	for _, r := range b.app.Revisions {
		if r.Spec.Mirror != "" {
			rest.Mirror = destination(b.external()[0].ServiceHost())
			rest.MirrorPercentage = percent(r.Spec.Mirror)
		}
	}
	return append(routes, rest)
}

// toApp is toKnative, with what the app says of its requests.
func (b *builder) toApp(tag, domain string) *networking.HTTPRoute {
	route := b.toKnative(tag, domain)
	m := b.app.Spec.Mesh
	if m == nil {
		return route
	}
	if m.Fault != nil && m.Fault.Match == nil {
		route.Fault = fault(m.Fault)
	}
	if r := m.Resilience.Retries; r != nil {
		route.Retries = &networking.HTTPRetry{Attempts: r.Attempts, PerTryTimeout: protoDuration(r.PerTryTimeout), RetryOn: strings.Join(r.On, ",")}
	}
	route.Timeout = protoDuration(m.Resilience.Timeout)
	return route
}

func fault(f *schema.Fault) *networking.HTTPFaultInjection {
	out := &networking.HTTPFaultInjection{}
	if d := f.Delay; d != nil {
		out.Delay = &networking.HTTPFaultInjection_Delay{
			Percentage:    percent(d.Percent),
			HttpDelayType: &networking.HTTPFaultInjection_Delay_FixedDelay{FixedDelay: protoDuration(d.Duration)},
		}
	}
	if a := f.Abort; a != nil {
		out.Abort = &networking.HTTPFaultInjection_Abort{
			Percentage: percent(a.Percent),
			ErrorType:  &networking.HTTPFaultInjection_Abort_HttpStatus{HttpStatus: a.Status},
		}
	}
	return out
}

// percent is a percentage; without a number Istio reads one as none at all,
// and without the field as all.
func percent(n json.Number) *networking.Percent {
	value, err := n.Float64()
	if err != nil {
		return &networking.Percent{Value: 100}
	}
	return &networking.Percent{Value: value}
}

// protoDuration is a duration as Istio's types have it; nil for none.
func protoDuration(s string) *durationpb.Duration {
	d, err := time.ParseDuration(s)
	if err != nil {
		return nil
	}
	return durationpb.New(d)
}

// toKnative routes to the app's host inside the cluster, or to that of a tag.
// Without retries of its own Istio would retry twice; Knative does not.
func (b *builder) toKnative(tag, domain string) *networking.HTTPRoute {
	route := &networking.HTTPRoute{
		Route:   []*networking.HTTPRouteDestination{{Destination: destination(b.local()[0].ServiceHost())}},
		Rewrite: &networking.HTTPRewrite{Authority: b.localHost(tag)},
		Retries: &networking.HTTPRetry{},
	}
	if domain != "" {
		route.Headers = &networking.Headers{Request: &networking.Headers_HeaderOperations{Set: map[string]string{originalHost: domain}}}
	}
	return route
}

// mirrored makes the VirtualService for requests that are mirrored to a
// revision. A mirrored request has the host of the one that it copies, or, by
// older releases of Istio, that host and "-shadow". So that it can be told
// from it, it goes to another place: the gateway from outside, which Knative
// does not give hosts inside the cluster to.
func (b *builder) mirrored(r *ir.Revision) {
	route := b.toKnative(r.Tag(), "")
	for _, domain := range ir.Sorted(b.app.Spec.Domains) {
		route.Match = append(route.Match, &networking.HTTPMatchRequest{Headers: map[string]*networking.StringMatch{
			"k-original-host": {MatchType: &networking.StringMatch_Exact{Exact: domain}},
		}})
	}
	host := b.localHost("")
	b.addMesh(b.meta(b.app.Name+"-mirror"), &networking.VirtualService{
		Hosts:    []string{host, host + "-shadow"},
		Gateways: b.publicGateways(),
		Http:     []*networking.HTTPRoute{route},
	})
}

// localHost is the host of the app inside the cluster, or of a tag.
func (b *builder) localHost(tag string) string {
	name, err := b.pinned.Target.Hostname(b.app.Name, tag)
	if err != nil {
		return "" // check has told, at the template
	}
	host, _ := b.pinned.Target.DomainName(name, b.app.Namespace, true, nil, nil)
	return host
}

func destination(host string) *networking.Destination {
	return &networking.Destination{Host: host, Port: &networking.PortSelector{Number: 80}}
}
