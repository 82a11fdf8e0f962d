package lower

import (
	networkingv1alpha1 "knative.dev/networking/pkg/apis/networking/v1alpha1"
	duckv1 "knative.dev/pkg/apis/duck/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"

	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/ir"
)

// domainMappings makes a DomainMapping for each of the app's domains, to its
// Service or Route, unless VirtualServices serve them.
func (b *builder) domainMappings() {
	if b.app.HasVirtualService() {
		return
	}
	kind := "Service"
	if b.app.HasTracks() {
		kind = "Route"
	}
	for _, domain := range ir.Sorted(b.app.Spec.Domains) {
		m := &servingv1beta1.DomainMapping{ObjectMeta: b.meta(domain)}
		m.Spec.Ref = duckv1.KReference{APIVersion: servingAPI, Kind: kind, Namespace: b.app.Namespace, Name: b.app.Name}
		settings := b.app.Spec.Domains[domain]
		fields.Domain.Write(b.conversion(), b.app.Node, &settings, &m.Spec)
		b.addKnative(m, nil)
	}
}

// clusterDomainClaims makes the claims by which a domain has one owner in a
// cluster. The cluster makes them itself for DomainMappings, where its settings
// have it; a domain that a VirtualService serves has no DomainMapping.
func (b *builder) clusterDomainClaims() {
	if !b.app.HasVirtualService() && b.pinned.Target.Setting("network", "autocreate-cluster-domain-claims") == "true" {
		return
	}
	for _, domain := range ir.Sorted(b.app.Spec.Domains) {
		meta := b.meta(domain)
		meta.Namespace = ""
		data, _ := b.admission.AdmitSpec(b.kind.name, meta, networkingv1alpha1.ClusterDomainClaimSpec{Namespace: b.app.Namespace})
		b.add(meta, data)
	}
}
