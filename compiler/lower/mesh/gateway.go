package mesh

import (
	"cmp"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
)

// Gateways makes a Gateway for the domains with a certificate that
// VirtualServices serve, on the pods of each gateway that Knative binds the app
// to. It has the app's name: a domain's dots are not for the name of a Gateway.
// It binds the domains alone: port 80 of the same pods has a Gateway of
// Knative's for all hosts. The Secrets must lie beside those pods (IST0161);
// with a DomainMapping, Knative copies them there.
func (a *App) Gateways() (gateways []Object) {
	if !a.HasVirtualService() {
		return nil
	}
	plain := &networking.Server{Port: &networking.Port{Number: 80, Name: "http", Protocol: "HTTP"}}
	if a.redirected() {
		plain.Tls = &networking.ServerTLSSettings{HttpsRedirect: true}
	}
	servers := []*networking.Server{plain}
	for _, domain := range ir.Sorted(a.Spec.Domains) {
		secret := a.Spec.Domains[domain].TLS
		if secret == "" {
			continue
		}
		plain.Hosts = append(plain.Hosts, domain)
		servers = append(servers, &networking.Server{
			Port:  &networking.Port{Number: 443, Name: "https-" + domain, Protocol: "HTTPS"},
			Hosts: []string{domain},
			Tls:   &networking.ServerTLSSettings{Mode: networking.ServerTLSSettings_SIMPLE, CredentialName: secret},
		})
	}
	if len(plain.Hosts) == 0 {
		return nil
	}
	for i, g := range a.externalServices() {
		gateways = append(gateways, Object{Name: a.gatewayName(i, g), Spec: &networking.Gateway{Selector: g.PodLabels(), Servers: servers}})
	}
	return gateways
}

// redirected reports whether plain HTTP is answered with a redirect, by the app's
// own annotation, or else by the cluster's config-network.
func (a *App) redirected() bool {
	of := a.Spec.Annotations
	return strings.EqualFold("redirected", cmp.Or(
		of["networking.knative.dev/http-protocol"],
		of["networking.knative.dev/httpOption"],
		a.Target.Setting("network", "http-protocol")))
}
