package fields

import (
	"knative.dev/pkg/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Traffic maps a target of traffic to a revision. What the target is called in
// the cluster is known only of a revision that exists there.
var Traffic = Table[ir.Revision, servingv1.TrafficTarget]{
	{
		Spec: "tag", Object: "tag",
		write: func(_ *Conversion, _ *ir.Node, s *ir.Revision, o *servingv1.TrafficTarget) { o.Tag = s.Tag() },
		read:  func(_ *Conversion, o *servingv1.TrafficTarget, s *ir.Revision) { s.Spec.Tag = o.Tag },
	},
	{
		Spec: "weight", Object: "percent",
		write: func(_ *Conversion, _ *ir.Node, s *ir.Revision, o *servingv1.TrafficTarget) {
			o.Percent = ptr.Int64(s.Spec.Weight)
		},
		read: func(_ *Conversion, o *servingv1.TrafficTarget, s *ir.Revision) {
			if o.Percent != nil {
				s.Spec.Weight = *o.Percent
			}
		},
	},
	{
		Spec: "existing", Object: "revisionName",
		write: func(_ *Conversion, _ *ir.Node, s *ir.Revision, o *servingv1.TrafficTarget) {
			if s.Spec.Existing != "" {
				o.RevisionName, o.LatestRevision = s.Spec.Existing, ptr.Bool(false)
			}
		},
		read: func(_ *Conversion, o *servingv1.TrafficTarget, s *ir.Revision) { s.Spec.Existing = o.RevisionName },
	},
}

// Domain maps the settings of a domain to its DomainMapping.
var Domain = Table[schema.DomainSettings, servingv1beta1.DomainMappingSpec]{
	{
		Spec: "tls", Object: "tls.secretName", Others: []string{"tls"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.DomainSettings, o *servingv1beta1.DomainMappingSpec) {
			if s.TLS != "" {
				o.TLS = &servingv1beta1.SecretTLS{SecretName: s.TLS}
			}
		},
		read: func(_ *Conversion, o *servingv1beta1.DomainMappingSpec, s *schema.DomainSettings) {
			if o.TLS != nil {
				s.TLS = o.TLS.SecretName
			}
		},
	},
}
