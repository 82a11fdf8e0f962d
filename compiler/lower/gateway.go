package lower

import (
	"cmp"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
)

// gateways makes a Gateway for the domains with a certificate that
// VirtualServices serve, on the pods of each gateway that Knative binds the app
// to. It has the app's name: a domain's dots are not for the name of a Gateway.
// It binds the domains alone: port 80 of the same pods has a Gateway of
// Knative's for all hosts. The Secrets must lie beside those pods (IST0161);
// with a DomainMapping, Knative copies them there.
func (b *builder) gateways() {
	if !b.app.HasVirtualService() {
		return
	}
	plain := &networking.Server{Port: &networking.Port{Number: 80, Name: "http", Protocol: "HTTP"}}
	if b.redirected() {
		plain.Tls = &networking.ServerTLSSettings{HttpsRedirect: true}
	}
	servers := []*networking.Server{plain}
	for _, domain := range ir.Sorted(b.app.Spec.Domains) {
		secret := b.app.Spec.Domains[domain].TLS
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
		return
	}
	for i, g := range b.externalServices() {
		b.addMesh(b.meta(b.gatewayName(i, g)), &networking.Gateway{Selector: g.PodLabels(), Servers: servers})
	}
}

// redirected reports whether plain HTTP is answered with a redirect: the app's
// own annotation says, or else the cluster's config-network.
func (b *builder) redirected() bool {
	of := b.app.Spec.Annotations
	return strings.EqualFold("redirected", cmp.Or(
		of["networking.knative.dev/http-protocol"],
		of["networking.knative.dev/httpOption"],
		b.pinned.Target.Setting("network", "http-protocol")))
}
