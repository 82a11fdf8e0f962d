package admission

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/target"
)

const networkingGroup = "networking.istio.io"

// networkingKinds are Istio's kinds for routing.
var networkingKinds = []kind{
	ofIstio(networkingGroup, "VirtualService", validateVirtualService),
	ofIstio(networkingGroup, "Gateway", validateGateway),
	ofIstio(networkingGroup, "ServiceEntry", validateServiceEntry),
	ofIstio(networkingGroup, "Sidecar", validateSidecar),
	ofIstio(networkingGroup, "DestinationRule", validateDestinationRule),
	ofIstio(networkingGroup, "EnvoyFilter", validateEnvoyFilter).in("v1alpha3"),
}

// The functions below validate these kinds by the rules of Istio's
// webhook that objects of belay's shape can violate
// (istio.io/istio/pkg/config/validation), and by what Istio accepts and Knative
// or another app does not survive: see Interference.

func validateVirtualService(_ *target.Target, s *networking.VirtualService) []Violation {
	var r report
	inMesh := len(s.Gateways) == 0 || slices.Contains(s.Gateways, "mesh")
	for i, host := range s.Hosts {
		if inMesh && strings.HasSuffix(host, ".svc.cluster.local") {
			r.interferes(pathf("spec.hosts[%d]", i), "%s is bound to the mesh, where Knative binds it (IST0109)", host)
		}
	}
	if len(s.ExportTo) > 0 && !slices.Contains(s.ExportTo, "*") {
		r.interferes("spec.exportTo", "exported to %s alone, the gateway does not see it", strings.Join(s.ExportTo, ", "))
	}
	if len(s.Http) == 0 {
		r.rejects("spec.http", "it has no http routes")
	}
	for i, route := range s.Http {
		if len(route.Match) == 0 && i < len(s.Http)-1 {
			r.interferes(pathf("spec.http[%d]", i), "routes after one without match are never reached (IST0130)")
			break
		}
	}
	for i, route := range s.Http {
		validateRoute(&r, pathf("spec.http[%d]", i), route)
	}
	return r
}

func validateRoute(r *report, path string, s *networking.HTTPRoute) {
	ends := 0
	for _, end := range []bool{len(s.Route) > 0, s.Redirect != nil, s.DirectResponse != nil, s.Delegate != nil} {
		if end {
			ends++
		}
	}
	if ends != 1 {
		r.rejects(path, "a route needs exactly one of route, redirect, directResponse and delegate")
	}
	if s.Mirror != nil && len(s.Mirrors) > 0 {
		r.rejects(path+".mirrors", "a route cannot have both mirror and mirrors")
	}
	var weights int32
	for _, d := range s.Route {
		weights += d.Weight
	}
	if len(s.Route) > 1 && weights == 0 {
		r.rejects(path+".route", "a route has several destinations, and all weights are 0")
	}
	if len(s.Route) > 1 && s.Rewrite.GetAuthority() != "" {
		r.interferes(path+".rewrite.authority", "a route has several destinations and one authority, so that Knative sends all to one app; set headers: request: set: Host in each")
	}
	if retries := s.Retries; retries != nil && retries.Attempts == 0 && (retries.PerTryTimeout != nil || retries.RetryOn != "") {
		r.rejects(path+".retries", "perTryTimeout and retryOn cannot be set with 0 attempts")
	}
}

func validateGateway(_ *target.Target, s *networking.Gateway) []Violation {
	var r report
	if len(s.Servers) == 0 {
		r.rejects("spec.servers", "it has no servers")
	}
	names := map[string]bool{}
	for i, server := range s.Servers {
		path := pathf("spec.servers[%d]", i)
		port := server.Port
		if port.GetNumber() == 0 || port.GetNumber() > 65535 || port.GetProtocol() == "" || names[port.GetName()] {
			r.rejects(path+".port", "each server needs a port with a number, a protocol and a name that no other server has")
		}
		if port != nil {
			names[port.Name] = true
			validateServer(&r, path, server)
		}
	}
	return r
}

// validateServer validates a server of a Gateway, which has a port.
func validateServer(r *report, path string, s *networking.Server) {
	port, tls := s.Port, s.Tls
	if len(s.Hosts) == 0 {
		r.rejects(path+".hosts", "the server on port %d has no hosts", port.Number)
	}
	if port.Number == 80 && slices.Contains(s.Hosts, "*") {
		r.interferes(path+".hosts", "all hosts of port 80 are Knative's own Gateway's (IST0145)")
	}
	secure := port.Protocol == "HTTPS" || port.Protocol == "TLS"
	switch {
	case secure && tls == nil:
		r.rejects(path+".tls", "the server on port %d has no tls", port.Number)
	case !secure && tls != nil && (tls.Mode != 0 || tls.CredentialName != ""):
		r.rejects(path+".tls", "the server on port %d does not use HTTPS, so that only httpsRedirect can be set in tls", port.Number)
	case secure && tls.Mode == networking.ServerTLSSettings_PASSTHROUGH && tls.CredentialName != "":
		r.rejects(path+".tls.credentialName", "the server on port %d passes TLS through, so that it cannot have a certificate", port.Number)
	}
}

func validateServiceEntry(_ *target.Target, s *networking.ServiceEntry) []Violation {
	var r report
	if len(s.Hosts) == 0 || slices.Contains(s.Hosts, "*") {
		r.rejects("spec.hosts", "hosts needs at least one entry, and none that is only \"*\"")
	}
	numbers, names := map[uint32]bool{}, map[string]bool{}
	for i, p := range s.Ports {
		if numbers[p.Number] || names[p.Name] {
			r.rejects(pathf("spec.ports[%d]", i), "the port %d or its name is in ports before", p.Number)
		}
		numbers[p.Number], names[p.Name] = true, true
	}
	wildcard := slices.ContainsFunc(s.Hosts, func(h string) bool { return strings.HasPrefix(h, "*") })
	switch {
	case s.Resolution == networking.ServiceEntry_NONE && len(s.Endpoints) > 0:
		r.rejects("spec.endpoints", "endpoints cannot be set with resolution NONE")
	case s.Resolution == networking.ServiceEntry_DNS && len(s.Endpoints) == 0 && wildcard:
		r.rejects("spec.resolution", "a wildcard host with resolution DNS needs endpoints")
	}
	if s.WorkloadSelector != nil && len(s.Endpoints) > 0 {
		r.rejects("spec.workloadSelector", "endpoints and workloadSelector cannot both be set")
	}
	return r
}

// validateSidecar also reports a Sidecar that hides what Knative needs: revisions
// in the app's namespace, and the gateways.
func validateSidecar(t *target.Target, s *networking.Sidecar) []Violation {
	var r report
	if len(s.WorkloadSelector.GetLabels()) == 0 {
		r.wholeNamespace("spec.workloadSelector")
	}
	if len(s.Egress)+len(s.Ingress) == 0 && s.OutboundTrafficPolicy == nil && s.InboundConnectionPool == nil {
		r.rejects("spec", "it configures nothing")
	}
	var hosts []string
	for i, e := range s.Egress {
		for j, host := range e.Hosts {
			hosts = append(hosts, host)
			if !strings.Contains(host, "/") {
				r.rejects(pathf("spec.egress[%d].hosts[%d]", i, j), "the host %q does not have the form namespace/host", host)
			}
		}
	}
	for _, needed := range t.SidecarHosts() {
		if len(hosts) > 0 && !slices.Contains(hosts, needed) && !slices.Contains(hosts, "*/*") {
			r.interferes("spec.egress", "without %s in sight Knative's own hosts lead nowhere", needed)
			break
		}
	}
	return r
}

func validateDestinationRule(_ *target.Target, s *networking.DestinationRule) []Violation {
	var r report
	name, _, _ := strings.Cut(s.Host, ".")
	switch {
	case s.Host == "":
		r.rejects("spec.host", "it has no host")
	case strings.HasSuffix(name, "-private"):
		r.interferes("spec.host", "%s is Knative's own", s.Host)
	}
	subsets := map[string]bool{}
	for i, subset := range s.Subsets {
		if subsets[subset.Name] {
			r.rejects(pathf("spec.subsets[%d].name", i), "two subsets are named %s", subset.Name)
		}
		subsets[subset.Name] = true
	}
	return r
}

func validateEnvoyFilter(_ *target.Target, s *networking.EnvoyFilter) []Violation {
	var r report
	if len(s.WorkloadSelector.GetLabels()) == 0 {
		r.wholeNamespace("spec.workloadSelector")
	}
	for i, p := range s.ConfigPatches {
		path := pathf("spec.configPatches[%d]", i)
		if p.ApplyTo == networking.EnvoyFilter_INVALID {
			r.rejects(path+".applyTo", "a patch lacks applyTo")
		}
		switch operation := p.Patch.GetOperation(); {
		case operation == networking.EnvoyFilter_Patch_INVALID:
			r.rejects(path+".patch.operation", "a patch lacks patch: operation")
		case p.Patch.Value == nil && operation != networking.EnvoyFilter_Patch_REMOVE:
			r.rejects(path+".patch.value", "a patch lacks patch: value")
		}
	}
	return r
}
