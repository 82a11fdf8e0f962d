package admission

import (
	"slices"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/target"
)

// The rules of Istio's webhook on routing that a patch can break
// (istio.io/istio/pkg/config/validation), and those of its analyzers and of
// Knative's that it would break without a word.

func validateVirtualService(_ *target.Target, s *networking.VirtualService) []Violation {
	inMesh := len(s.Gateways) == 0 || slices.Contains(s.Gateways, "mesh")
	for _, host := range s.Hosts {
		if inMesh && strings.HasSuffix(host, ".svc.cluster.local") {
			return rejected("%s is bound to the mesh, where Knative binds it (IST0109)", host)
		}
	}
	if len(s.ExportTo) > 0 && !slices.Contains(s.ExportTo, "*") {
		return rejected("exported to %s alone, the gateway does not see it", strings.Join(s.ExportTo, ", "))
	}
	if len(s.Http) == 0 {
		return rejected("it has no http routes")
	}
	for i, route := range s.Http {
		if len(route.Match) == 0 && i < len(s.Http)-1 {
			return rejected("routes after one without match are never reached (IST0130)")
		}
		if violations := validateRoute(route); violations != nil {
			return violations
		}
	}
	return nil
}

func validateRoute(r *networking.HTTPRoute) []Violation {
	ends := 0
	for _, end := range []bool{len(r.Route) > 0, r.Redirect != nil, r.DirectResponse != nil, r.Delegate != nil} {
		if end {
			ends++
		}
	}
	var weights int32
	for _, d := range r.Route {
		weights += d.Weight
	}
	retries := r.Retries
	switch {
	case ends != 1:
		return rejected("a route has one of route, redirect, directResponse and delegate")
	case r.Mirror != nil && len(r.Mirrors) > 0:
		return rejected("a route has both mirror and mirrors")
	case len(r.Route) > 1 && weights == 0:
		return rejected("a route has several destinations, and all weights are 0")
	case len(r.Route) > 1 && r.Rewrite.GetAuthority() != "":
		return rejected("a route has several destinations and one authority, so that Knative sends all to one app; set headers: request: set: Host in each")
	case retries != nil && retries.Attempts == 0 && (retries.PerTryTimeout != nil || retries.RetryOn != ""):
		return rejected("retries are off, with 0 attempts, and have perTryTimeout or retryOn")
	}
	return nil
}

func validateGateway(_ *target.Target, s *networking.Gateway) []Violation {
	if len(s.Servers) == 0 {
		return rejected("it has no servers")
	}
	names := map[string]bool{}
	for _, server := range s.Servers {
		port, tls := server.Port, server.Tls
		if port.GetNumber() == 0 || port.GetNumber() > 65535 || port.GetProtocol() == "" || names[port.GetName()] {
			return rejected("each server takes a port with a number, a protocol and a name of its own")
		}
		names[port.Name] = true
		secure := port.Protocol == "HTTPS" || port.Protocol == "TLS"
		switch {
		case len(server.Hosts) == 0:
			return rejected("the server on port %d has no hosts", port.Number)
		case port.Number == 80 && slices.Contains(server.Hosts, "*"):
			return rejected("all hosts of port 80 are Knative's own Gateway's (IST0145)")
		case secure && tls == nil:
			return rejected("the server on port %d has no tls", port.Number)
		case !secure && tls != nil && (tls.Mode != 0 || tls.CredentialName != ""):
			return rejected("the server on port %d is not of HTTPS, and takes nothing of tls but httpsRedirect", port.Number)
		case tls.GetMode() == networking.ServerTLSSettings_PASSTHROUGH && secure && tls.CredentialName != "":
			return rejected("the server on port %d passes TLS through, and has a certificate", port.Number)
		}
	}
	return nil
}

func validateServiceEntry(_ *target.Target, s *networking.ServiceEntry) []Violation {
	if len(s.Hosts) == 0 || slices.Contains(s.Hosts, "*") {
		return rejected("it takes hosts, and no bare *")
	}
	numbers, names := map[uint32]bool{}, map[string]bool{}
	for _, p := range s.Ports {
		if numbers[p.Number] || names[p.Name] {
			return rejected("the port %d or its name stands twice", p.Number)
		}
		numbers[p.Number], names[p.Name] = true, true
	}
	wildcard := slices.ContainsFunc(s.Hosts, func(h string) bool { return strings.HasPrefix(h, "*") })
	switch {
	case s.Resolution == networking.ServiceEntry_NONE && len(s.Endpoints) > 0:
		return rejected("with resolution NONE it takes no endpoints")
	case s.Resolution == networking.ServiceEntry_DNS && len(s.Endpoints) == 0 && wildcard:
		return rejected("with resolution DNS a wildcard takes endpoints")
	case s.WorkloadSelector != nil && len(s.Endpoints) > 0:
		return rejected("it takes endpoints or workloadSelector, not both")
	}
	return nil
}

// validateSidecar also keeps in sight what Knative needs: revisions in the app's
// namespace, and the gateways.
func validateSidecar(t *target.Target, s *networking.Sidecar) []Violation {
	if len(s.WorkloadSelector.GetLabels()) == 0 {
		return wholeNamespace()
	}
	if len(s.Egress)+len(s.Ingress) == 0 && s.OutboundTrafficPolicy == nil && s.InboundConnectionPool == nil {
		return rejected("it says nothing")
	}
	var hosts []string
	for _, e := range s.Egress {
		hosts = append(hosts, e.Hosts...)
	}
	for _, host := range hosts {
		if !strings.Contains(host, "/") {
			return rejected("the host %q is not of the form namespace/host", host)
		}
	}
	for _, needed := range t.SidecarHosts() {
		if len(hosts) > 0 && !slices.Contains(hosts, needed) && !slices.Contains(hosts, "*/*") {
			return rejected("without %s in sight Knative's own hosts lead nowhere", needed)
		}
	}
	return nil
}

func validateDestinationRule(_ *target.Target, s *networking.DestinationRule) []Violation {
	name, _, _ := strings.Cut(s.Host, ".")
	switch {
	case s.Host == "":
		return rejected("it has no host")
	case strings.HasSuffix(name, "-private"):
		return rejected("%s is Knative's own", s.Host)
	}
	subsets := map[string]bool{}
	for _, subset := range s.Subsets {
		if subsets[subset.Name] {
			return rejected("the subset %s stands twice", subset.Name)
		}
		subsets[subset.Name] = true
	}
	return nil
}

func validateEnvoyFilter(_ *target.Target, s *networking.EnvoyFilter) []Violation {
	if len(s.WorkloadSelector.GetLabels()) == 0 {
		return wholeNamespace()
	}
	for _, p := range s.ConfigPatches {
		switch operation := p.Patch.GetOperation(); {
		case p.ApplyTo == networking.EnvoyFilter_INVALID:
			return rejected("a patch lacks applyTo")
		case operation == networking.EnvoyFilter_Patch_INVALID:
			return rejected("a patch lacks patch: operation")
		case p.Patch.Value == nil && operation != networking.EnvoyFilter_Patch_REMOVE:
			return rejected("a patch lacks patch: value")
		}
	}
	return nil
}
