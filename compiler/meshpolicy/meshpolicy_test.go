package meshpolicy_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler/meshpolicy"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// object is an object of a kind, as YAML without its apiVersion and kind.
func object(t *testing.T, apiVersion, kind, text string) ir.Object {
	t.Helper()
	data, err := yaml.YAMLToJSON([]byte("{apiVersion: " + apiVersion + ", kind: " + kind + ", " + text + "}"))
	require.NoError(t, err)
	return ir.Object{APIVersion: apiVersion, Kind: kind, Namespace: "shop", Name: "web", JSON: data}
}

// apis are the API versions of the kinds in the tables below.
var apis = map[string]string{
	"AuthorizationPolicy": "security.istio.io/v1", "PeerAuthentication": "security.istio.io/v1", "RequestAuthentication": "security.istio.io/v1",
	"ServiceEntry": "networking.istio.io/v1", "Sidecar": "networking.istio.io/v1", "EnvoyFilter": "networking.istio.io/v1alpha3",
	"Service": "serving.knative.dev/v1", "ClusterDomainClaim": "networking.internal.knative.dev/v1alpha1",
}

func pathsOf(faults []meshpolicy.Fault) (paths []string) {
	for _, f := range faults {
		paths = append(paths, f.Path)
	}
	return paths
}

// TestWeakened_Policies compares the specs of policies before and after a patch:
// what enforces as much or more is no fault.
func TestWeakened_Policies(t *testing.T) {
	for _, c := range []struct {
		kind, before, after string
		weakened            bool
	}{
		{"AuthorizationPolicy", `selector: {matchLabels: {a: b}}, action: DENY, rules: [{to: [{operation: {paths: [/a]}}]}]`, `selector: {matchLabels: {a: b}}, action: DENY, rules: [{}, {to: [{operation: {paths: [/a]}}]}]`, false},
		{"AuthorizationPolicy", `selector: {matchLabels: {a: b}}, action: DENY, rules: [{to: [{operation: {paths: [/a]}}]}]`, `selector: {matchLabels: {a: b}}, action: DENY, rules: [{to: [{operation: {paths: [/b]}}]}]`, true},
		{"AuthorizationPolicy", `selector: {matchLabels: {a: b}}, action: DENY, rules: [{}]`, `selector: {matchLabels: {a: c}}, action: DENY, rules: [{}]`, true},
		{"PeerAuthentication", `mtls: {mode: PERMISSIVE}`, `mtls: {mode: STRICT}`, false},
		{"PeerAuthentication", `mtls: {mode: STRICT}`, `mtls: {mode: PERMISSIVE}`, true},
		{"PeerAuthentication", `mtls: {mode: STRICT}`, `{}`, true},
		{"PeerAuthentication", `mtls: {mode: STRICT}`, `mtls: {mode: STRICT}, portLevelMtls: {"8012": {mode: STRICT}, "8013": {}}`, false},
		{"PeerAuthentication", `mtls: {mode: STRICT}`, `mtls: {mode: STRICT}, portLevelMtls: {"8012": {mode: DISABLE}}`, true},
		{"RequestAuthentication", `jwtRules: [{issuer: a, audiences: [b]}]`, `jwtRules: [{issuer: a, audiences: [b], fromParams: [t]}, {issuer: c}]`, false},
		{"RequestAuthentication", `jwtRules: [{issuer: a, audiences: [b]}]`, `jwtRules: [{issuer: a}]`, true},
		{"RequestAuthentication", `jwtRules: [{issuer: a}, {issuer: b}]`, `jwtRules: [{issuer: a}]`, true},
		{"Sidecar", `egress: [{hosts: [a/*, b/*]}]`, `egress: [{hosts: [a/*]}]`, false},
		{"Sidecar", `egress: [{hosts: [a/*]}]`, `egress: [{hosts: [a/*, b/*]}]`, true},
		{"Sidecar", `outboundTrafficPolicy: {mode: REGISTRY_ONLY}`, `outboundTrafficPolicy: {mode: ALLOW_ANY}`, true},
		{"Sidecar", `egress: []`, `ingress: [{port: {number: 1, protocol: TCP, name: a}}]`, true},
		{"EnvoyFilter", `workloadSelector: {labels: {a: b}}, configPatches: [{applyTo: CLUSTER}]`, `workloadSelector: {labels: {a: b}}, configPatches: [{applyTo: CLUSTER}], priority: 5`, false},
		{"EnvoyFilter", `workloadSelector: {labels: {a: b}}, configPatches: [{applyTo: CLUSTER}]`, `workloadSelector: {labels: {a: b}}`, true},
		{"EnvoyFilter", `workloadSelector: {labels: {a: b}}`, `workloadSelector: {labels: {a: c}}`, true},
		{"ServiceEntry", `hosts: [a], exportTo: [.]`, `hosts: [a], exportTo: [.], resolution: DNS`, false},
		{"ServiceEntry", `hosts: [a], exportTo: [.]`, `hosts: [a, b], exportTo: [.]`, true},
		{"ServiceEntry", `hosts: [a], exportTo: [.]`, `hosts: [a]`, true},
		{"ClusterDomainClaim", `namespace: a`, `namespace: a`, false},
		{"ClusterDomainClaim", `namespace: a`, `namespace: b`, true},
	} {
		spec := func(fields string) string { return "spec: {" + trimBraces(fields) + "}" }
		before, after := object(t, apis[c.kind], c.kind, spec(c.before)), object(t, apis[c.kind], c.kind, spec(c.after))
		want := []string(nil)
		if c.weakened {
			want = []string{"spec"}
		}
		assert.Equal(t, want, pathsOf(meshpolicy.Weakened(before, after, true)), "%s %s -> %s", c.kind, c.before, c.after)
	}
}

func trimBraces(fields string) string {
	if fields == "{}" {
		return ""
	}
	return fields
}

// TestWeakened_Metadata has labels and annotations that void a policy, and the
// label by which an app is private.
func TestWeakened_Metadata(t *testing.T) {
	policy := `spec: {mtls: {mode: STRICT}}`
	before := object(t, apis["PeerAuthentication"], "PeerAuthentication", policy)
	assert.Equal(t, []string{"metadata"}, pathsOf(meshpolicy.Weakened(before, object(t, apis["PeerAuthentication"], "PeerAuthentication", `metadata: {annotations: {istio.io/dry-run: "true"}}, `+policy), true)))
	assert.Empty(t, meshpolicy.Weakened(before, object(t, apis["PeerAuthentication"], "PeerAuthentication", `metadata: {annotations: {a: b}}, `+policy), true))

	private := object(t, apis["Service"], "Service", `metadata: {labels: {networking.knative.dev/visibility: cluster-local}}`)
	public := object(t, apis["Service"], "Service", `metadata: {}`)
	assert.Equal(t, []string{"metadata.labels"}, pathsOf(meshpolicy.Weakened(private, public, false)))
	assert.Empty(t, meshpolicy.Weakened(private, private, false))
}

// templates are templates whose pods are not under their policies, with the path
// of the fault.
var templates = map[string]string{
	`metadata: {labels: {sidecar.istio.io/inject: "false"}}`:                                   "spec.template.metadata.labels",
	`metadata: {annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "8012"}}`:          "spec.template.metadata.annotations",
	`spec: {hostNetwork: true}`:                                                                "spec.template.spec.hostNetwork",
	`spec: {securityContext: {runAsUser: 1337}}`:                                               "spec.template.spec.securityContext",
	`spec: {securityContext: {runAsGroup: 1337}}`:                                              "spec.template.spec.securityContext",
	`spec: {containers: [{image: a, securityContext: {runAsUser: 1337}}]}`:                     "spec.template.spec.containers",
	`spec: {initContainers: [{image: a, securityContext: {runAsUser: 1337}}]}`:                 "spec.template.spec.containers",
	`spec: {containers: [{image: a, ports: [{containerPort: 15001}]}]}`:                        "spec.template.spec.containers",
	`metadata: {labels: {sidecar.istio.io/inject: "true"}}, spec: {containers: [{image: a}]}`:  "",
	`metadata: {labels: {sidecar.istio.io/inject: "false", istio.io/dataplane-mode: ambient}}`: "",
	`metadata: {annotations: {traffic.sidecar.istio.io/includeInboundPorts: "*"}}`:             "",
}

func TestFaults_Templates(t *testing.T) {
	for template, path := range templates {
		o := object(t, apis["Service"], "Service", "spec: {template: {"+template+"}}")
		want := []string(nil)
		if path != "" {
			want = []string{path}
		}
		assert.Equal(t, want, pathsOf(meshpolicy.Faults(o, target.Default())), template)
	}
}

// TestWeakened_Templates compares templates with one that has no fault, for an
// app with policies and for one without.
func TestWeakened_Templates(t *testing.T) {
	plain := object(t, apis["Service"], "Service", "spec: {template: {spec: {containers: [{image: a}]}}}")
	for template, path := range templates {
		if path == "" {
			continue
		}
		o := object(t, apis["Service"], "Service", "spec: {template: {"+template+"}}")
		assert.NotEmpty(t, meshpolicy.Weakened(plain, o, true), template)
		assert.Empty(t, meshpolicy.Weakened(plain, o, false), template)
		assert.Empty(t, meshpolicy.Weakened(o, o, true), template)
	}
	labelled := object(t, apis["Service"], "Service", "spec: {template: {metadata: {labels: {belay.sh/app: web}}}}")
	assert.Equal(t, []string{"spec.template.metadata.labels"}, pathsOf(meshpolicy.Weakened(labelled, plain, true)))
}

// TestFaults_Policies has policies that Istio rejects, or does not enforce.
func TestFaults_Policies(t *testing.T) {
	for text, want := range map[string][]string{
		`spec: {selector: {matchLabels: {a: b}}, action: DENY, rules: [{}]}`:                                                      nil,
		`metadata: {annotations: {istio.io/dry-run: "true"}}, spec: {selector: {matchLabels: {a: b}}, action: DENY, rules: [{}]}`: {"metadata.annotations"},
		`spec: {selector: {matchLabels: {a: b}}, action: ALLOW, rules: [{from: [{}]}]}`:                                           {"spec.action", "spec.rules[0].from[0]"},
		`spec: {selektor: {}}`: {"spec"},
		`metadata: {}`:         {"spec"},
	} {
		assert.Equal(t, want, pathsOf(meshpolicy.Faults(object(t, apis["AuthorizationPolicy"], "AuthorizationPolicy", text), target.Default())), text)
	}
}

// TestNote writes the policies of an app on its Service, each with a hash that
// depends on the spec alone.
func TestNote(t *testing.T) {
	service := object(t, apis["Service"], "Service", "metadata: {name: web}, spec: {template: {}}")
	policy := object(t, apis["PeerAuthentication"], "PeerAuthentication", "metadata: {name: web}, spec: {mtls: {mode: STRICT}}")
	alone := []ir.Object{service}
	meshpolicy.Note(alone)
	assert.Equal(t, string(service.JSON), string(alone[0].JSON))

	objects := []ir.Object{policy, service}
	meshpolicy.Note(objects)
	var noted struct {
		Metadata struct{ Annotations map[string]string }
	}
	require.NoError(t, yaml.Unmarshal(objects[1].JSON, &noted))
	assert.Equal(t, `{"PeerAuthentication/shop/web":"`+meshpolicy.Hash(policy.JSON)+`"}`, noted.Metadata.Annotations[objectmeta.PoliciesAnnotation])
	assert.Equal(t, meshpolicy.Hash([]byte(`{"spec": {"a": 1, "b": 2}}`)), meshpolicy.Hash([]byte(`{"spec": {"b": 2, "a": 1}, "metadata": {}}`)))
	assert.NotEqual(t, meshpolicy.Hash([]byte(`{"spec": {"a": 1}}`)), meshpolicy.Hash([]byte(`{"spec": {"a": 2}}`)))
}

func TestNeedsSidecar(t *testing.T) {
	for kind, specs := range map[string]map[string]bool{
		"PeerAuthentication":  {"mtls: {mode: STRICT}": true, "mtls: {mode: PERMISSIVE}": false},
		"AuthorizationPolicy": {"action: DENY": true},
		"ServiceEntry":        {"hosts: [a]": false},
		"Service":             {"template: {}": false},
	} {
		for spec, want := range specs {
			assert.Equal(t, want, meshpolicy.NeedsSidecar(object(t, apis[kind], kind, "spec: {"+spec+"}")), "%s %s", kind, spec)
		}
	}
}
