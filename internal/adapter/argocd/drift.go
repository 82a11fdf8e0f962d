package argocd

import (
	"github.com/belay-sh/belay/internal/ir"
)

// ignored is a part of an object that is not the bundle's.
type ignored struct {
	Group        string   `json:"group,omitempty"`
	Kind         string   `json:"kind"`
	Namespace    string   `json:"namespace,omitempty"`
	Name         string   `json:"name"`
	JSONPointers []string `json:"jsonPointers"`
}

// ignoreDifferences is what an install sets in its own objects once it runs:
// the webhooks their certificates and rules (knative.dev/pkg, webhook), the
// autoscalers the replicas of what they scale.
func ignoreDifferences(m ir.Bundle, cluster ir.Cluster) (all []ignored) {
	for _, o := range m.Objects {
		if !cluster.Has(o) {
			continue
		}
		switch o.Kind {
		case "MutatingWebhookConfiguration", "ValidatingWebhookConfiguration":
			all = append(all, ignored{Group: "admissionregistration.k8s.io", Kind: o.Kind, Name: o.Name, JSONPointers: []string{
				"/metadata/ownerReferences",
				"/webhooks/0/clientConfig/caBundle",
				"/webhooks/0/namespaceSelector",
				"/webhooks/0/rules",
			}})
		case "Secret":
			all = append(all, ignored{Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, JSONPointers: []string{"/data"}})
		case "HorizontalPodAutoscaler":
			var scaler struct {
				Spec struct{ ScaleTargetRef struct{ Kind, Name string } }
			}
			decode(o.JSON, &scaler)
			scaled := scaler.Spec.ScaleTargetRef
			all = append(all, ignored{Group: "apps", Kind: scaled.Kind, Namespace: o.Namespace, Name: scaled.Name, JSONPointers: []string{"/spec/replicas"}})
		}
	}
	return all
}
