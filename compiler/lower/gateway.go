package lower

import (
	"cmp"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/ir"
)

// gateways makes a Gateway for each domain with a certificate that a
// VirtualService serves. It binds the domain alone: port 80 of the same pods
// has a Gateway of Knative's for all hosts. The Secret must lie beside those
// pods (IST0161); with a DomainMapping, Knative copies it there.
func (b *builder) gateways() {
	if !b.app.Fronted() {
		return
	}
	for _, domain := range ir.Sorted(b.app.Spec.Domains) {
		secret := b.app.Spec.Domains[domain].TLS
		if secret == "" {
			continue
		}
		plain := &networking.Server{
			Port:  &networking.Port{Number: 80, Name: "http", Protocol: "HTTP"},
			Hosts: []string{domain},
		}
		if b.redirected() {
			plain.Tls = &networking.ServerTLSSettings{HttpsRedirect: true}
		}
		b.istio(networkingGroup, b.meta(domain), &networking.Gateway{
			Selector: map[string]string{"istio": "ingressgateway"},
			Servers: []*networking.Server{plain, {
				Port:  &networking.Port{Number: 443, Name: "https", Protocol: "HTTPS"},
				Hosts: []string{domain},
				Tls:   &networking.ServerTLSSettings{Mode: networking.ServerTLSSettings_SIMPLE, CredentialName: secret},
			}},
		})
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
