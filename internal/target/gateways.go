package target

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	k8slabels "k8s.io/apimachinery/pkg/labels"
	"k8s.io/apimachinery/pkg/util/validation"
	"sigs.k8s.io/yaml"
)

// A Gateway is one of those that Knative binds routes to (config-istio).
type Gateway struct {
	Name          string
	Namespace     string
	Service       string                // the host of the Service in front of its pods
	LabelSelector *metav1.LabelSelector // the routes that it is for; nil for those that no other gateway selects
}

// QualifiedName is the name that a VirtualService binds to.
func (g Gateway) QualifiedName() string { return g.Namespace + "/" + g.Name }

// ServiceHost is the host of the Service in front of the gateway's pods.
func (g Gateway) ServiceHost() string { return strings.TrimSuffix(g.Service, ".") }

// ServiceName is the name of that Service.
func (g Gateway) ServiceName() string {
	name, _, _ := strings.Cut(g.Service, ".")
	return name
}

// ServiceNamespace is the namespace of that Service and of the gateway's pods.
func (g Gateway) ServiceNamespace() string {
	parts := strings.Split(g.Service, ".")
	if len(parts) < 2 {
		return ""
	}
	return parts[1]
}

// PodLabels select the gateway's pods. Istio's chart of gateways derives the
// label from the release's name, which is that of the Service
// (istio.io/istio/manifests/charts/gateway, gateway.selectorLabels).
func (g Gateway) PodLabels() map[string]string {
	return map[string]string{"istio": strings.TrimPrefix(g.ServiceName(), "istio-")}
}

// The gateways that hold where config-istio names none; their names are those
// of all releases since 0.20.
var (
	releasedExternal = Gateway{Namespace: "knative-serving", Name: "knative-ingress-gateway", Service: "istio-ingressgateway.istio-system.svc.cluster.local"}
	releasedLocal    = Gateway{Namespace: "knative-serving", Name: "knative-local-gateway", Service: "knative-local-gateway.istio-system.svc.cluster.local"}
)

// The names of those gateways.
var (
	IngressGateway = releasedExternal.QualifiedName()
	LocalGateway   = releasedLocal.QualifiedName()
)

// GatewayListsSince is the release whose net-istio reads lists of gateways
// (third_party/istio-latest/net-istio.yaml of knative.dev/serving at v0.40 and
// v0.41); before, each gateway was a key of its own.
var GatewayListsSince = Version{1, 14}

// GatewayLists reports whether config-istio takes external-gateways and
// local-gateways.
func (t *Target) GatewayLists() bool { return t.Knative.AtLeast(GatewayListsSince) }

// NoGateways reports whether those lists may be empty, for a mesh without an
// ingress (net-istio 1.22).
func (t *Target) NoGateways() bool { return t.Knative.AtLeast(Version{1, 22}) }

// The keys of config-istio: the lists, and the beginnings of the keys that name
// one gateway each.
const (
	ExternalGatewaysKey = "external-gateways"
	LocalGatewaysKey    = "local-gateways"

	formerExternalPrefix = "gateway."
	formerLocalPrefix    = "local-gateway."
)

// ExternalGateways are the gateways that net-istio binds a public route to,
// given the labels of the route; none in a mesh without an ingress.
func (t *Target) ExternalGateways(of map[string]string) []Gateway {
	return selected(t.gateways(ExternalGatewaysKey, formerExternalPrefix, releasedExternal), of)
}

// LocalGateways are the gateways that net-istio binds every route to for
// requests from inside the cluster.
func (t *Target) LocalGateways(of map[string]string) []Gateway {
	return selected(t.gateways(LocalGatewaysKey, formerLocalPrefix, releasedLocal), of)
}

// GatewayNamespaces are the namespaces that any gateway's Service is in,
// sorted. Through those of local gateways the hosts of all apps lead.
func (t *Target) GatewayNamespaces() []string {
	found := map[string]bool{}
	for _, g := range slices.Concat(
		t.gateways(ExternalGatewaysKey, formerExternalPrefix, releasedExternal),
		t.gateways(LocalGatewaysKey, formerLocalPrefix, releasedLocal)) {
		found[g.ServiceNamespace()] = true
	}
	return slices.Sorted(maps.Keys(found))
}

// SidecarHosts are the hosts that a Sidecar of Istio's must have in sight for
// Knative to work: the Services of the app's namespace, where the revisions of
// its neighbours are, and those of the gateways, through which Knative's own
// hosts lead.
func (t *Target) SidecarHosts() []string {
	hosts := []string{"./*"}
	for _, namespace := range t.GatewayNamespaces() {
		hosts = append(hosts, namespace+"/*")
	}
	return hosts
}

// gateways are those of a list of config-istio, or of the keys with a prefix.
// A list that net-istio rejects counts as the release's gateway: the mistake is
// reported at the setting (see GatewayListError).
func (t *Target) gateways(key, prefix string, released Gateway) []Gateway {
	settings := t.Config["istio"]
	if text := settings[key]; text != "" && t.GatewayLists() {
		list, err := parseGateways(text, t.NoGateways())
		if err != nil {
			return []Gateway{released}
		}
		return list
	}
	if former := formerGateways(settings, prefix); len(former) > 0 {
		return former
	}
	return []Gateway{released}
}

// formerGateways are the gateways that have a key each, sorted by key
// (knative-extensions/net-istio, pkg/reconciler/ingress/config/istio.go). The
// value "mesh" stands for the sidecars, which are no gateway.
func formerGateways(settings map[string]string, prefix string) (list []Gateway) {
	for _, key := range slices.Sorted(maps.Keys(settings)) {
		name, ok := strings.CutPrefix(key, prefix)
		if !ok || name == "" || settings[key] == "mesh" {
			continue
		}
		namespace, rest, qualified := strings.Cut(name, ".")
		if !qualified {
			namespace, rest = releasedExternal.Namespace, name
		}
		list = append(list, Gateway{Namespace: namespace, Name: rest, Service: settings[key]})
	}
	return list
}

// selected are the gateways whose selector selects labels; if there is none,
// those without a selector.
func selected(all []Gateway, of map[string]string) (chosen []Gateway) {
	var everyones []Gateway
	for _, g := range all {
		if g.LabelSelector == nil {
			everyones = append(everyones, g)
			continue
		}
		if selector, err := metav1.LabelSelectorAsSelector(g.LabelSelector); err == nil && selector.Matches(k8slabels.Set(of)) {
			chosen = append(chosen, g)
		}
	}
	if len(chosen) > 0 {
		return chosen
	}
	return everyones
}

// GatewayListError is what net-istio has, at its start, against a list of
// gateways in config-istio. It is no Go module that could be called
// (knative-extensions/net-istio, pkg/reconciler/ingress/config/istio.go).
func (t *Target) GatewayListError(key string) error {
	text := t.Config["istio"][key]
	if text == "" || !t.GatewayLists() {
		return nil
	}
	_, err := parseGateways(text, t.NoGateways())
	return err
}

func parseGateways(text string, mayBeEmpty bool) ([]Gateway, error) {
	var list []Gateway
	if err := yaml.Unmarshal([]byte(text), &list); err != nil {
		return nil, err
	}
	everyones := 0
	for _, g := range list {
		if err := g.check(); err != nil {
			return nil, fmt.Errorf("gateway %s: %w", g.QualifiedName(), err)
		}
		if g.LabelSelector == nil {
			everyones++
		}
	}
	if everyones != 1 && (len(list) > 0 || !mayBeEmpty) {
		return nil, fmt.Errorf("exactly one gateway is without a labelSelector, for the routes that no other selects; there are %d", everyones)
	}
	return list, nil
}

func (g Gateway) check() error {
	if g.Name == "" || g.Namespace == "" || g.Service == "" {
		return errors.New("it takes name, namespace and service")
	}
	if err := checkServiceHost(g.ServiceHost()); err != nil {
		return err
	}
	_, err := metav1.LabelSelectorAsSelector(g.LabelSelector)
	return err
}

// checkServiceHost returns an error for what is not the host of a Service with
// its namespace: net-istio reads both out of it for the gateways of domains
// with a certificate.
func checkServiceHost(host string) error {
	if len(validation.IsDNS1123Subdomain(host)) > 0 || strings.Count(host, ".") < 2 {
		return fmt.Errorf("the service %q is not the host of a Service, such as %q", host, releasedExternal.Service)
	}
	return nil
}

// FormerGatewayError is what is wrong with a key of config-istio that names one
// gateway; of other keys there is nothing to say.
func (t *Target) FormerGatewayError(key string) error {
	value := t.Config["istio"][key]
	if !IsFormerGatewayKey(key) || value == "mesh" {
		return nil
	}
	return checkServiceHost(strings.TrimSuffix(value, "."))
}

// IsFormerGatewayKey reports whether a key of config-istio names one gateway.
func IsFormerGatewayKey(key string) bool {
	for _, prefix := range []string{formerExternalPrefix, formerLocalPrefix} {
		if name, ok := strings.CutPrefix(key, prefix); ok && name != "" {
			return true
		}
	}
	return false
}

// GatewaySetting is the key of config-istio that leaves no gateway of a kind;
// "" if none does.
func (t *Target) GatewaySetting(of map[string]string) string {
	external, local := "", ""
	if len(t.ExternalGateways(of)) == 0 {
		external = ExternalGatewaysKey
	}
	if len(t.LocalGateways(of)) == 0 {
		local = LocalGatewaysKey
	}
	return cmp.Or(external, local)
}
