package target

// Istios are the releases of Istio that belay knows, oldest first.
var Istios = func() (releases []Version) {
	for minor := 12; minor <= 31; minor++ {
		releases = append(releases, Version{1, minor})
	}
	return releases
}()

// v1Since is the release from which Istio serves its stable kinds as v1
// (https://istio.io/latest/blog/2024/v1-apis/).
var v1Since = Version{1, 22}

// IstioAPI is the API version to write an Istio kind with, given its group:
// the newest that the target serves for all kinds of the group alike.
func (t *Target) IstioAPI(group string) string {
	switch {
	case t.Istio.AtLeast(v1Since):
		return group + "/v1"
	case group == "telemetry.istio.io":
		return group + "/v1alpha1"
	}
	return group + "/v1beta1"
}

// The gateways that net-istio makes, for the world and for the cluster; their
// names are those of all releases since 0.20.
const (
	IngressGateway = "knative-serving/knative-ingress-gateway"
	LocalGateway   = "knative-serving/knative-local-gateway"
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

// activatorAccountSince is the release from which the activator has a service
// account of its own (knative.dev/serving/config/core/200-roles).
var activatorAccountSince = Version{1, 11}

// ActivatorAccount is the service account that Knative's activator runs as, in
// the namespace knative-serving.
func (t *Target) ActivatorAccount() string {
	if t.Knative.AtLeast(activatorAccountSince) {
		return "activator"
	}
	return "controller"
}
