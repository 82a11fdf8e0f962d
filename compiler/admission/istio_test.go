package admission

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/target"
)

// violationsOf admits an object, written as YAML, and returns its violations
// without their messages: the validator and the path.
func violationsOf(t *testing.T, cluster *Controller, object string) (found []string) {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte(object))
	require.NoError(t, err)
	_, violations := cluster.Admit(data)
	for _, v := range violations {
		assert.NotEmpty(t, v.Message)
		found = append(found, fmt.Sprintf("%s %s", validatorNames[v.By], v.Path))
	}
	return found
}

var validatorNames = map[Validator]string{
	Decoding: "decoding", Knative: "knative", Release: "release", Kubernetes: "kubernetes", Istio: "istio", Interference: "interference",
}

// ofKind is an object of one of Istio's kinds, with a spec in YAML's flow style.
func ofKind(kind, spec string) string {
	k := kindNamed(kind)
	version := k.version
	if version == "" {
		version = "v1"
	}
	return fmt.Sprintf("{apiVersion: %s/%s, kind: %s, metadata: {name: web, namespace: shop}, spec: %s}", k.group, version, kind, spec)
}

const pods = `selector: {matchLabels: {a: b}}`

// TestAdmit_Istio has for each kind a spec that is accepted, and one for each
// rule that is not, at which path.
func TestAdmit_Istio(t *testing.T) {
	cluster, err := For(target.Default())
	require.NoError(t, err)
	for _, c := range []struct {
		kind, spec string
		want       []string
	}{
		{"VirtualService", `{hosts: [a.example.com], gateways: [g], http: [{match: [{uri: {prefix: /a}}], route: [{destination: {host: a}}]}, {route: [{destination: {host: a}}]}]}`, nil},
		{"VirtualService", `{hosts: [a.example.com, b.shop.svc.cluster.local], http: [{route: [{destination: {host: a}}]}]}`, []string{"interference spec.hosts[1]"}},
		{"VirtualService", `{hosts: [b.shop.svc.cluster.local], gateways: [g], http: [{route: [{destination: {host: a}}]}]}`, nil},
		{"VirtualService", `{hosts: [a], gateways: [g], exportTo: [.], http: []}`, []string{"interference spec.exportTo", "istio spec.http"}},
		{"VirtualService", `{hosts: [a], gateways: [g], http: [{route: [{destination: {host: a}}]}, {redirect: {uri: /}}, {redirect: {uri: /}}]}`, []string{"interference spec.http[0]"}},
		{"VirtualService", `{hosts: [a], gateways: [g], http: [{route: [{destination: {host: a}}], redirect: {uri: /}}]}`, []string{"istio spec.http[0]"}},
		{"VirtualService", `{hosts: [a], gateways: [g], http: [{}]}`, []string{"istio spec.http[0]"}},
		{"VirtualService", `{hosts: [a], gateways: [g], http: [{route: [{destination: {host: a}}], mirror: {host: b}, mirrors: [{destination: {host: b}}]}]}`, []string{"istio spec.http[0].mirrors"}},
		{"VirtualService", `{hosts: [a], gateways: [g], http: [{route: [{destination: {host: a}}, {destination: {host: b}}], rewrite: {authority: c}}]}`, []string{"istio spec.http[0].route", "interference spec.http[0].rewrite.authority"}},
		{"VirtualService", `{hosts: [a], gateways: [g], http: [{route: [{destination: {host: a}}], retries: {attempts: 0, retryOn: 5xx}}]}`, []string{"istio spec.http[0].retries"}},

		{"Gateway", `{servers: [{hosts: [a], port: {number: 443, name: a, protocol: HTTPS}, tls: {mode: SIMPLE, credentialName: a}}, {hosts: [a], port: {number: 80, name: b, protocol: HTTP}, tls: {httpsRedirect: true}}]}`, nil},
		{"Gateway", `{servers: []}`, []string{"istio spec.servers"}},
		{"Gateway", `{servers: [{hosts: [a]}]}`, []string{"istio spec.servers[0].port"}},
		{"Gateway", `{servers: [{hosts: [a], port: {number: 65536, name: a, protocol: HTTP}}]}`, []string{"istio spec.servers[0].port"}},
		{"Gateway", `{servers: [{hosts: [a], port: {number: 80, name: a, protocol: HTTP}}, {hosts: [], port: {number: 81, name: a, protocol: HTTP}}]}`, []string{"istio spec.servers[1].port", "istio spec.servers[1].hosts"}},
		{"Gateway", `{servers: [{hosts: ["*"], port: {number: 80, name: a, protocol: HTTP}}]}`, []string{"interference spec.servers[0].hosts"}},
		{"Gateway", `{servers: [{hosts: [a], port: {number: 443, name: a, protocol: TLS}}]}`, []string{"istio spec.servers[0].tls"}},
		{"Gateway", `{servers: [{hosts: [a], port: {number: 80, name: a, protocol: HTTP}, tls: {mode: SIMPLE, credentialName: a}}]}`, []string{"istio spec.servers[0].tls"}},
		{"Gateway", `{servers: [{hosts: [a], port: {number: 443, name: a, protocol: TLS}, tls: {credentialName: a}}]}`, []string{"istio spec.servers[0].tls.credentialName"}},

		{"ServiceEntry", `{hosts: [a.example.com], ports: [{number: 443, name: tls, protocol: TLS}, {number: 80, name: http, protocol: HTTP}], resolution: DNS}`, nil},
		{"ServiceEntry", `{ports: []}`, []string{"istio spec.hosts"}},
		{"ServiceEntry", `{hosts: [a, "*"]}`, []string{"istio spec.hosts"}},
		{"ServiceEntry", `{hosts: [a], ports: [{number: 1, name: a}, {number: 1, name: b}, {number: 2, name: b}]}`, []string{"istio spec.ports[1]", "istio spec.ports[2]"}},
		{"ServiceEntry", `{hosts: [a], resolution: NONE, endpoints: [{address: 1.1.1.1}]}`, []string{"istio spec.endpoints"}},
		{"ServiceEntry", `{hosts: ["*.a"], resolution: DNS}`, []string{"istio spec.resolution"}},
		{"ServiceEntry", `{hosts: [a], resolution: STATIC, endpoints: [{address: 1.1.1.1}], workloadSelector: {labels: {a: b}}}`, []string{"istio spec.workloadSelector"}},

		{"Sidecar", `{workloadSelector: {labels: {a: b}}, egress: [{hosts: ["./*", "istio-system/*"]}]}`, nil},
		{"Sidecar", `{workloadSelector: {labels: {a: b}}, egress: [{hosts: ["*/*"]}]}`, nil},
		{"Sidecar", `{egress: [{hosts: ["*/*"]}]}`, []string{"interference spec.workloadSelector"}},
		{"Sidecar", `{workloadSelector: {labels: {a: b}}}`, []string{"istio spec"}},
		{"Sidecar", `{workloadSelector: {labels: {a: b}}, egress: [{hosts: ["*/*", a]}]}`, []string{"istio spec.egress[0].hosts[1]"}},
		{"Sidecar", `{workloadSelector: {labels: {a: b}}, egress: [{hosts: ["./*"]}]}`, []string{"interference spec.egress"}},

		{"DestinationRule", `{host: a.shop.svc.cluster.local, subsets: [{name: a}, {name: b}]}`, nil},
		{"DestinationRule", `{trafficPolicy: {}}`, []string{"istio spec.host"}},
		{"DestinationRule", `{host: web-00001-private.shop.svc.cluster.local}`, []string{"interference spec.host"}},
		{"DestinationRule", `{host: a, subsets: [{name: a}, {name: a}]}`, []string{"istio spec.subsets[1].name"}},

		{"EnvoyFilter", `{workloadSelector: {labels: {a: b}}, configPatches: [{applyTo: HTTP_FILTER, patch: {operation: REMOVE}}]}`, nil},
		{"EnvoyFilter", `{configPatches: []}`, []string{"interference spec.workloadSelector"}},
		{"EnvoyFilter", `{workloadSelector: {labels: {a: b}}, configPatches: [{patch: {operation: ADD, value: {}}}, {applyTo: CLUSTER}, {applyTo: CLUSTER, patch: {operation: ADD}}]}`, []string{
			"istio spec.configPatches[0].applyTo", "istio spec.configPatches[1].patch.operation", "istio spec.configPatches[2].patch.value"}},

		{"PeerAuthentication", `{` + pods + `, mtls: {mode: STRICT}, portLevelMtls: {"8012": {mode: DISABLE}}}`, nil},
		{"PeerAuthentication", `{mtls: {mode: STRICT}}`, []string{"interference spec.selector"}},
		{"PeerAuthentication", `{portLevelMtls: {"0": {mode: STRICT}, "70000": {mode: STRICT}}}`, []string{"istio spec.portLevelMtls", "istio spec.portLevelMtls.0", "istio spec.portLevelMtls.70000"}},

		{"AuthorizationPolicy", `{` + pods + `, action: DENY, rules: [{from: [{source: {}}], to: [{operation: {}}], when: [{key: a, values: [b]}]}]}`, nil},
		{"AuthorizationPolicy", `{action: DENY, rules: [{}]}`, []string{"interference spec.selector"}},
		{"AuthorizationPolicy", `{` + pods + `, rules: [{}]}`, []string{"interference spec.action"}},
		{"AuthorizationPolicy", `{` + pods + `, action: DENY}`, []string{"interference spec.rules"}},
		{"AuthorizationPolicy", `{` + pods + `, action: DENY, provider: {name: a}, rules: [{}]}`, []string{"istio spec.provider"}},
		{"AuthorizationPolicy", `{` + pods + `, action: CUSTOM, provider: {name: a}, rules: [{}]}`, []string{"interference spec.action"}},
		{"AuthorizationPolicy", `{` + pods + `, action: DENY, rules: [{}, {from: [{}], to: [{}], when: [{values: [a]}, {key: a}]}]}`, []string{
			"istio spec.rules[1].when[0]", "istio spec.rules[1].when[1]", "istio spec.rules[1].from[0]", "istio spec.rules[1].to[0]"}},

		{"RequestAuthentication", `{targetRefs: [{kind: Gateway, name: a}], jwtRules: [{issuer: a}, {jwksUri: "https://a"}]}`, nil},
		{"RequestAuthentication", `{jwtRules: [{audiences: [a]}]}`, []string{"interference spec.selector", "istio spec.jwtRules[0]"}},

		{"Telemetry", `{` + pods + `, tracing: [{randomSamplingPercentage: 100}], metrics: [{overrides: [{tagOverrides: {a: {value: b}, c: {operation: REMOVE}}}]}]}`, nil},
		{"Telemetry", `{tracing: [{randomSamplingPercentage: 1}, {randomSamplingPercentage: -1}]}`, []string{
			"interference spec.selector", "istio spec.tracing", "istio spec.tracing[1].randomSamplingPercentage"}},
		{"Telemetry", `{` + pods + `, metrics: [{}, {overrides: [{tagOverrides: {a: {}, b: {operation: REMOVE, value: x}}}]}]}`, []string{
			"istio spec.metrics[1].overrides[0].tagOverrides.a", "istio spec.metrics[1].overrides[0].tagOverrides.b"}},
	} {
		t.Run(c.kind+" "+c.spec, func(t *testing.T) {
			assert.Equal(t, c.want, violationsOf(t, cluster, ofKind(c.kind, c.spec)))
		})
	}
}

// TestAdmit_IstioDecodes has objects that are not of the form of their kinds.
func TestAdmit_IstioDecodes(t *testing.T) {
	cluster, err := For(target.Default())
	require.NoError(t, err)
	for name, object := range map[string]string{
		"a field that its spec does not have":   ofKind("Telemetry", `{traces: []}`),
		"a field of another type":               ofKind("Gateway", `{servers: a}`),
		"a value that the field does not have":  ofKind("PeerAuthentication", `{`+pods+`, mtls: {mode: SOFT}}`),
		"a field beside the spec":               `{apiVersion: security.istio.io/v1, kind: PeerAuthentication, spex: {}}`,
		"no spec":                               `{apiVersion: security.istio.io/v1, kind: PeerAuthentication}`,
		"a field of a claim that is not one":    `{apiVersion: networking.internal.knative.dev/v1alpha1, kind: ClusterDomainClaim, spec: {name: a}}`,
		"metadata of another type":              `{apiVersion: security.istio.io/v1, kind: PeerAuthentication, metadata: [], spec: {}}`,
		"what is not an object of Kubernetes'":  `[]`,
		"a duration that is not one for Istio":  ofKind("VirtualService", `{http: [{timeout: 1 week}]}`),
		"a field of a Service that is not one":  `{apiVersion: serving.knative.dev/v1, kind: Service, spec: {template: {spec: {container: []}}}}`,
		"a Service with a number for an object": `{apiVersion: serving.knative.dev/v1, kind: Service, spec: 1}`,
	} {
		t.Run(name, func(t *testing.T) {
			for _, found := range violationsOf(t, cluster, object) {
				assert.Contains(t, found, "decoding")
			}
			assert.Len(t, violationsOf(t, cluster, object), 1)
		})
	}
}

// TestAdmit_PassesOtherKinds returns objects of other groups and kinds as they
// are, also if they have the name of a kind that is admitted.
func TestAdmit_PassesOtherKinds(t *testing.T) {
	cluster, err := For(target.Default())
	require.NoError(t, err)
	for _, object := range []string{
		`{"apiVersion":"v1","kind":"Service","spec":{"ports":[{"port":80}]}}`,
		`{"apiVersion":"gateway.networking.k8s.io/v1","kind":"Gateway","spec":{}}`,
		`{"apiVersion":"serving.knative.dev/v1","kind":"Revision","spec":{}}`,
		`{"apiVersion":"apps/v1","kind":"Deployment"}`,
	} {
		admitted, violations := cluster.Admit([]byte(object))
		assert.Empty(t, violations, object)
		assert.Equal(t, object, string(admitted))
	}
}
