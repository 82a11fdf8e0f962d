package admission

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/target"
)

// ofPod is a Knative Service whose template has a pod, and more metadata.
func ofPod(metadata, pod string) string {
	return `{apiVersion: serving.knative.dev/v1, kind: Service, metadata: {name: web}, spec: {template: {metadata: {` + metadata + `}, spec: {` + pod + `}}}}`
}

// withFlags is the default target with flags of config-features.
func withFlags(flags map[string]string) *target.Target {
	t := target.Default()
	t.Config = map[string]map[string]string{"features": flags}
	return t
}

// TestAdmit_Knative has who rejects a Service, at which path, and with which code.
func TestAdmit_Knative(t *testing.T) {
	const template = "spec.template.spec."
	old, noFlags := onRelease(target.Version{Major: 1, Minor: 6}), withFlags(nil)
	for name, c := range map[string]struct {
		target *target.Target
		object string
		want   []Violation
	}{
		"nothing": {noFlags, ofPod("", `containers: [{image: web}]`), nil},
		"what the webhook rejects": {noFlags, ofPod("", `timeoutSeconds: 601, containers: [{image: web}]`),
			[]Violation{{Path: template + "timeoutSeconds", By: Knative, Code: diag.RejectedByAdmission}}},
		"two things that the webhook rejects": {noFlags, ofPod("", `timeoutSeconds: 601, containers: [{image: web, ports: [{containerPort: 1}, {containerPort: 2}]}]`),
			[]Violation{{Path: template + "timeoutSeconds", By: Knative, Code: diag.RejectedByAdmission}, {Path: template + "containers[*].ports", By: Knative, Code: diag.RejectedByAdmission}}},
		"a field that needs a flag": {noFlags, ofPod("", `nodeSelector: {a: b}, containers: [{image: web}]`),
			[]Violation{{Path: template + "nodeSelector", By: Release, Code: diag.FeatureDisabled}}},
		"a field whose flag is set": {withFlags(map[string]string{"kubernetes.podspec-nodeselector": "enabled"}), ofPod("", `nodeSelector: {a: b}, containers: [{image: web}]`), nil},
		"a field that Knative never accepts": {noFlags, ofPod("", `activeDeadlineSeconds: 1, containers: [{image: web}]`),
			[]Violation{{Path: template + "activeDeadlineSeconds", By: Release, Code: diag.RejectedByAdmission}}},
		"a field that came later": {old, ofPod("", `idleTimeoutSeconds: 1, containers: [{image: web}]`),
			[]Violation{{Path: template + "idleTimeoutSeconds", By: Release, Code: diag.UnsupportedField}}},
		"fields below one that came later": {old, ofPod("", `containers: [{image: web, startupProbe: {httpGet: {path: /, port: 1}}}]`),
			[]Violation{{Path: template + "containers[0].startupProbe", By: Release, Code: diag.UnsupportedField}}},
		"an annotation with another value": {noFlags, ofPod(`annotations: {autoscaling.knative.dev/class: kpa}`, `containers: [{image: web}]`), nil},
		"a reserved port": {noFlags, ofPod("", `containers: [{image: web, ports: [{containerPort: 8012}]}]`),
			[]Violation{{Path: template + "containers[0].ports.containerPort", By: Knative, Code: diag.RejectedByAdmission}, {Path: template + "containers[0].ports[0].containerPort", By: Release, Code: diag.ReservedPort}}},
		"a timeout after the end of the request": {noFlags, ofPod("", `timeoutSeconds: 10, responseStartTimeoutSeconds: 20, containers: [{image: web}]`),
			[]Violation{{Path: template + "responseStartTimeoutSeconds", By: Release, Code: diag.TimeoutOrder}}},
		"a pod that Kubernetes rejects": {noFlags, ofPod("", `containers: [{image: web, env: [{name: A, value: a, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]`),
			[]Violation{{Path: template + "containers[0].env[0].valueFrom", By: Kubernetes, Code: diag.MisplacedField}}},
	} {
		t.Run(name, func(t *testing.T) {
			cluster, err := For(c.target)
			require.NoError(t, err)
			data, err := yaml.YAMLToJSON([]byte(c.object))
			require.NoError(t, err)
			_, violations := cluster.Admit(data)
			for i := range violations {
				assert.NotEmpty(t, violations[i].Message)
				violations[i].Message, violations[i].Hint = "", ""
			}
			assert.Equal(t, c.want, violations)
		})
	}
}

// TestAdmit_OtherKindsOfKnative has the other kinds with the code of the webhook.
func TestAdmit_OtherKindsOfKnative(t *testing.T) {
	cluster, err := For(target.Default())
	require.NoError(t, err)
	for object, want := range map[string][]string{
		`{apiVersion: serving.knative.dev/v1, kind: Route, metadata: {name: web}, spec: {traffic: [{configurationName: a, percent: 100}]}}`:                                                                      nil,
		`{apiVersion: serving.knative.dev/v1, kind: Route, metadata: {name: web}, spec: {traffic: [{configurationName: a, percent: 90}]}}`:                                                                       {"knative spec.traffic"},
		`{apiVersion: serving.knative.dev/v1, kind: Configuration, metadata: {name: web}, spec: {template: {spec: {containers: [{image: web}], containerConcurrency: -1}}}}`:                                     {"knative spec.template.spec.containerConcurrency"},
		`{apiVersion: serving.knative.dev/v1beta1, kind: DomainMapping, metadata: {name: a.example.com, namespace: a}, spec: {ref: {kind: Service, name: a, apiVersion: serving.knative.dev/v1}}}`:               nil,
		`{apiVersion: serving.knative.dev/v1beta1, kind: DomainMapping, metadata: {name: a.example.com, namespace: a}, spec: {ref: {kind: Service, name: a, namespace: b, apiVersion: serving.knative.dev/v1}}}`: {"knative spec.ref.namespace"},
		`{apiVersion: networking.internal.knative.dev/v1alpha1, kind: ClusterDomainClaim, metadata: {name: a.example.com}, spec: {namespace: a}}`:                                                                nil,
	} {
		assert.Equal(t, want, violationsOf(t, cluster, object), object)
	}
}

// TestAdmit_Defaults returns an object as it is stored: with the defaults of the
// webhook and of the cluster, and without a status.
func TestAdmit_Defaults(t *testing.T) {
	configured := target.Default()
	configured.Config = map[string]map[string]string{"defaults": {"revision-timeout-seconds": "60"}}
	cluster, err := For(configured)
	require.NoError(t, err)
	admitted, violations := cluster.Admit([]byte(`{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "web"},
		"spec": {"template": {"spec": {"containers": [{"image": "web"}]}}}, "status": {"url": "http://web"}}`))
	require.Empty(t, violations)
	assert.NotContains(t, string(admitted), "status")
	var s servingv1.Service
	require.NoError(t, yaml.UnmarshalStrict(admitted, &s))
	assert.Equal(t, int64(60), *s.Spec.Template.Spec.TimeoutSeconds)
	assert.Equal(t, "user-container", s.Spec.Template.Spec.Containers[0].Name)
	assert.Equal(t, int64(100), *s.Spec.Traffic[0].Percent)

	again, violations := cluster.Admit(admitted)
	require.Empty(t, violations)
	assert.Equal(t, string(admitted), string(again))

	built := &servingv1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	built.Spec.Template.Spec.Containers = s.Spec.Template.Spec.Containers[:1:1]
	data, violations := cluster.AdmitKnative(built)
	require.Empty(t, violations)
	assert.Equal(t, string(admitted), string(data))
}

// TestFor_SettingErrors reports each ConfigMap that Knative's webhook rejects.
func TestFor_SettingErrors(t *testing.T) {
	for configMap, settings := range map[string]map[string]string{
		"defaults":   {"revision-timeout-seconds": "900"},
		"autoscaler": {"max-scale-limit": "-1"},
		"network":    {"rollout-duration": "10m"},
		"deployment": {"progress-deadline": "1.5s"},
		"gc":         {"min-non-active-revisions": "many"},
	} {
		configured := target.Default()
		configured.Config = map[string]map[string]string{configMap: settings}
		_, err := For(configured)
		var invalid SettingErrors
		require.ErrorAs(t, err, &invalid, configMap)
		require.Len(t, invalid, 1)
		assert.Equal(t, configMap, invalid[0].ConfigMap)
		assert.ErrorContains(t, err, "config-"+configMap)
	}
	configured := target.Default()
	configured.Config = map[string]map[string]string{
		"network":    {"domain-template": "{{.Name}}.{{.Nonsense}}"}, // of a host, which check reports
		"deployment": {"progress-deadline": "20s"},
		"gc":         {"min-non-active-revisions": "2"},
	}
	_, err := For(configured)
	assert.NoError(t, err)
}

// TestTemplateHash_SameFromServiceAndTemplate hashes a template as belay builds
// it, and the Service that is made of it as it was stored.
func TestTemplateHash_SameFromServiceAndTemplate(t *testing.T) {
	cluster, err := For(target.Default())
	require.NoError(t, err)
	s := &servingv1.Service{ObjectMeta: metav1.ObjectMeta{Name: "web"}}
	require.NoError(t, yaml.UnmarshalStrict([]byte(`{containers: [{image: web}], timeoutSeconds: 20}`), &s.Spec.Template.Spec))
	built := cluster.TemplateHash(s.Spec.Template)
	data, violations := cluster.AdmitKnative(s)
	require.Empty(t, violations)
	stored, err := cluster.ServiceHash(data)
	require.NoError(t, err)
	assert.Equal(t, built, stored)
	assert.Equal(t, "sha256:"+built.Short(), built.String()[:len("sha256:")+8])
	_, err = cluster.ServiceHash([]byte(`{"spec": {"template": {"spec": {"image": "web"}}}}`))
	assert.ErrorContains(t, err, `no field "image"`)
}
