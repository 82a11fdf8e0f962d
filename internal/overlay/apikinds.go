package overlay

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/spelling"
)

// apiKinds are the API groups of Knative and Istio, with the versions that releases
// serve of each kind (the CustomResourceDefinitions in knative.dev/serving,
// knative.dev/networking and istio.io/api). Of a group without kinds, any kind is
// accepted: belay has no rules for what is in it.
var apiKinds = map[string]map[string][]string{
	servingGroup: {
		"Service": {"v1"}, "Route": {"v1"}, "Configuration": {"v1"}, "Revision": {"v1"}, "DomainMapping": {"v1beta1", "v1alpha1"},
	},
	"networking.internal.knative.dev": {
		"Certificate": {"v1alpha1"}, "ClusterDomainClaim": {"v1alpha1"}, "Domain": {"v1alpha1"}, "Ingress": {"v1alpha1"},
		"Realm": {"v1alpha1"}, "ServerlessService": {"v1alpha1"},
	},
	"networking.istio.io": {
		"DestinationRule": routingVersions, "EnvoyFilter": {"v1alpha3"}, "Gateway": routingVersions, "ProxyConfig": {"v1beta1"},
		"ServiceEntry": routingVersions, "Sidecar": routingVersions, "VirtualService": routingVersions,
		"WorkloadEntry": routingVersions, "WorkloadGroup": routingVersions,
	},
	"security.istio.io": {
		"AuthorizationPolicy": {"v1", "v1beta1"}, "PeerAuthentication": {"v1", "v1beta1"}, "RequestAuthentication": {"v1", "v1beta1"},
	},
	"telemetry.istio.io":  {"Telemetry": {"v1", "v1alpha1"}},
	"extensions.istio.io": {"TrafficExtension": {"v1alpha1"}, "WasmPlugin": {"v1alpha1"}},
	"install.istio.io":    nil, "autoscaling.internal.knative.dev": nil, "caching.internal.knative.dev": nil,
	"operator.knative.dev": nil, "eventing.knative.dev": nil, "messaging.knative.dev": nil, "flows.knative.dev": nil,
	"sources.knative.dev": nil, "sinks.knative.dev": nil, "bindings.knative.dev": nil, "internal.kafka.eventing.knative.dev": nil,
}

var routingVersions = []string{"v1", "v1beta1", "v1alpha3"}

// vetKind reports an object whose apiVersion or kind a cluster with Knative and Istio
// does not have, since no rule is applied to it. What is not close to one that belay
// has may be of a newer release, and is a warning. It reports whether the object can
// be validated further.
func (b *build) vetKind(o *yaml.RNode) bool {
	group, version, _ := strings.Cut(o.GetApiVersion(), "/")
	if !isOfMesh(group) || o.GetAnnotations()[localConfig] == "true" {
		return true
	}
	kinds, knownGroup := apiKinds[group]
	versions := kinds[o.GetKind()]
	switch {
	case version == "":
		b.report(newError(o, diag.UnknownValue, "apiVersion", "%s has no version", group).
			withHint("an apiVersion is a group and a version, such as serving.knative.dev/v1"))
	case !knownGroup:
		b.reportUnknown(o, "apiVersion", group, nearestGroup(group), "there is no API group "+group,
			"belay has no API group "+group+", and validates nothing in this "+o.GetKind())
	case kinds != nil && versions == nil:
		b.reportUnknown(o, "kind", o.GetKind(), nearestKind(o.GetKind(), ir.Sorted(kinds)), group+" has no kind "+o.GetKind(),
			"belay has no kind "+o.GetKind()+" of "+group+", and validates nothing in it")
	case kinds != nil && !slices.Contains(versions, version):
		b.report(newError(o, diag.UnknownValue, "apiVersion", "%s has no version %s in %s", o.GetKind(), version, group).
			withHint("write %s/%s", group, versions[0]).withValues(o.GetApiVersion(), group+"/"+versions[0]))
	default:
		return true
	}
	return false
}

// isOfMesh reports whether an API group is one of Knative's or Istio's.
func isOfMesh(group string) bool {
	return slices.ContainsFunc([]string{"knative.dev", "istio.io"}, func(domain string) bool {
		return group == domain || strings.HasSuffix(group, "."+domain)
	})
}

// nearestGroup returns the API group that a misspelt one is most likely meant to be;
// "" if none is close. Only the beginnings are compared: the domain is the same.
func nearestGroup(group string) string {
	var words []string
	groups := map[string]string{}
	for _, known := range ir.Sorted(apiKinds) {
		word, _, _ := strings.Cut(known, ".")
		words, groups[word] = append(words, word), known
	}
	word, _, _ := strings.Cut(group, ".")
	return groups[spelling.Nearest(word, words)]
}

// nearestKind returns the kind that a misspelt one is most likely meant to be, also
// in another case; "" if none is close.
func nearestKind(kind string, kinds []string) string {
	for _, k := range kinds {
		if strings.EqualFold(k, kind) {
			return k
		}
	}
	return spelling.Nearest(kind, kinds)
}

// reportUnknown reports a value that belay does not have: as an error if another
// one is near, as a warning if none is.
func (b *build) reportUnknown(o *yaml.RNode, path, value, near, misspelt, unknown string) {
	if near == "" {
		b.warn(o, diag.UnknownValue, path, "%s", unknown)
		return
	}
	b.report(newError(o, diag.UnknownValue, path, "%s", misspelt).withHint("did you mean %s?", near).withValues(value, near))
}
