package admission

import (
	"context"
	"encoding/hex"
	"reflect"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/api/resource"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	"k8s.io/apimachinery/pkg/util/intstr"
	"knative.dev/pkg/ptr"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/target"
)

// withDefaults are a template and what upstream's defaulting makes of it.
func withDefaults(t *testing.T, text string, settings map[string]map[string]string) (set, defaulted servingv1.RevisionTemplateSpec) {
	t.Helper()
	require.NoError(t, yaml.UnmarshalStrict([]byte(text), &set))
	configured := target.Default()
	configured.Config = settings
	c, err := For(configured)
	require.NoError(t, err)
	return set, defaults(c.ctx, set)
}

func defaults(ctx context.Context, set servingv1.RevisionTemplateSpec) servingv1.RevisionTemplateSpec {
	s := &servingv1.Service{}
	s.Spec.Template = *set.DeepCopy()
	s.SetDefaults(ctx)
	return s.Spec.Template
}

// recorded are templates with the hashes that their form has for good: names of
// revisions in clusters and in the locks of users are made of them. A test that
// fails here means that every revision gets another name.
var recorded = []struct{ name, template, hash string }{
	{"the least", `{spec: {containers: [{image: web@sha256:1}]}}`, "cd8ef17d585489d0bbd558960d7eb7c71ae2c457beea8dcb2bed1e37c366bbb6"},
	{"environment", `{spec: {containers: [{image: web@sha256:1, env: [{name: A, value: "1"}, {name: B, valueFrom: {secretKeyRef: {name: s, key: k}}}]}]}}`, "b720ba0a0abb27fb82f5b52b3c498aeee4fb8ce31fd1cae81a13842fceed1f26"},
	{"a variable that is empty", `{spec: {containers: [{image: web@sha256:1, env: [{name: A}]}]}}`, "b8e695239077bccd939bdec5a12cc01ea7034e3dc858a5d3bb1b63433a354858"},
	{"labels and annotations", `{metadata: {labels: {b: "2", a: "1"}, annotations: {autoscaling.knative.dev/min-scale: "1"}}, spec: {containers: [{image: web@sha256:1}]}}`, "e1da68c267f1061353ce54d17ebe466e25fa954b2b8d7bcb7d97e8786b0c6905"},
	{"quantities", `{spec: {containers: [{image: web@sha256:1, resources: {requests: {cpu: 100m, memory: 128Mi}, limits: {cpu: "1", memory: 1e9}}}]}}`, "449f45fd8d779850436ce6f541264857fbb1f6c810972f41687042a93ac135b9"},
	{"probes", `{spec: {containers: [{image: web@sha256:1, readinessProbe: {httpGet: {path: /ready, port: 8080}, periodSeconds: 5}, livenessProbe: {grpc: {port: 9000}}, startupProbe: {exec: {command: [a, b]}}}]}}`, "68041abe9c2f959edb78bd24b2154f9eb2e8fec30e85bdb6ccbfe49afab51e6e"},
	{"security", `{spec: {securityContext: {fsGroup: 0}, containers: [{image: web@sha256:1, securityContext: {runAsUser: 0, allowPrivilegeEscalation: false, capabilities: {drop: [ALL], add: [NET_BIND_SERVICE]}, seccompProfile: {type: RuntimeDefault}}}]}}`, "6c0b59bf15e07ee45531822591dab35f15d890879341d14ffadd2888661c92f5"},
	{"volumes", `{spec: {containers: [{image: web@sha256:1, volumeMounts: [{name: a, mountPath: /a}, {name: b, mountPath: /b, subPath: c}]}], volumes: [{name: a, emptyDir: {sizeLimit: 1Gi}}, {name: b, projected: {defaultMode: 0, sources: [{secret: {name: s, optional: true}}]}}]}}`, "746d6078fc688250da3f161eaa1c941083d420753d6024005a9c88734d93c408"},
	{"sidecars and init", `{spec: {containers: [{image: web@sha256:1, name: user-container, ports: [{containerPort: 8080, name: h2c}]}, {image: side@sha256:2, name: side}], initContainers: [{image: init@sha256:3, command: [x]}]}}`, "c6ce773372cf88430bf05b5a83c85e89b8dabcd5c1d0fada44a5d315d269e82a"},
	{"scheduling", `{spec: {containers: [{image: web@sha256:1}], nodeSelector: {disk: ssd}, tolerations: [{key: a, operator: Exists, tolerationSeconds: 0}], topologySpreadConstraints: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {}}], affinity: {podAntiAffinity: {requiredDuringSchedulingIgnoredDuringExecution: [{topologyKey: host, namespaceSelector: {}}]}}}}`, "7ebe0e498bb562c6c4edc2bbaa39dc9a66cffa3ff7ec66e222091df28ffb627c"},
	{"times and concurrency", `{spec: {containerConcurrency: 10, timeoutSeconds: 60, responseStartTimeoutSeconds: 30, idleTimeoutSeconds: 20, serviceAccountName: web, imagePullSecrets: [{name: pull}], containers: [{image: web@sha256:1, args: ["a\"b\\c\n\u0001é"]}]}}`, "58abb422f7d4ce1c55eb4844c10aa5afbb9e09a1dbd44f733516f2684548026c"},
}

func TestTemplateHash_Recorded(t *testing.T) {
	seen := map[string]string{}
	for _, c := range recorded {
		t.Run(c.name, func(t *testing.T) {
			set, defaulted := withDefaults(t, c.template, nil)
			sum := HashTemplate(set, defaulted)
			got := hex.EncodeToString(sum[:])
			assert.Equal(t, c.hash, got, "%s", canonicalTemplate(set, defaulted))
			assert.Empty(t, seen[got], "another template has the same hash")
			seen[got] = c.name
		})
	}
}

func TestCanonicalTemplate(t *testing.T) {
	set, defaulted := withDefaults(t, recorded[0].template, nil)
	assert.Equal(t, canonicalForm+`{"spec":{"containerConcurrency":0,"containers":[{"image":"web@sha256:1","name":"user-container",`+
		`"readinessProbe":{"successThreshold":1,"tcpSocket":{}}}],"enableServiceLinks":false,"timeoutSeconds":300}}`,
		string(canonicalTemplate(set, defaulted)))
}

// TestTemplateHash_Alike has templates that the webhook takes for the same.
func TestTemplateHash_Alike(t *testing.T) {
	for name, c := range map[string]struct{ one, other string }{
		"a quantity":             {`{spec: {containers: [{image: a, resources: {limits: {cpu: 100m, memory: 128Mi}}}]}}`, `{spec: {containers: [{image: a, resources: {limits: {cpu: "0.1", memory: "134217728"}}}]}}`},
		"a large quantity":       {`{spec: {containers: [{image: a, resources: {limits: {memory: 2E}}}]}}`, `{spec: {containers: [{image: a, resources: {limits: {memory: 2e18}}}]}}`},
		"a default written out":  {`{spec: {containers: [{image: a}]}}`, `{spec: {timeoutSeconds: 300, containers: [{image: a, name: user-container}]}}`},
		"a name of its own":      {`{metadata: {name: a}, spec: {containers: [{image: a}]}}`, `{spec: {containers: [{image: a}]}}`},
		"an empty map":           {`{metadata: {labels: {}}, spec: {containers: [{image: a, env: []}]}}`, `{spec: {containers: [{image: a}]}}`},
		"a number as a quantity": {`{spec: {containers: [{image: a, resources: {limits: {cpu: 1000m}}}]}}`, `{spec: {containers: [{image: a, resources: {limits: {cpu: 1}}}]}}`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, HashTemplate(withDefaults(t, c.one, nil)), HashTemplate(withDefaults(t, c.other, nil)))
		})
	}
}

// TestTemplateHash_Apart has templates that differ by a value that is zero: an
// encoder that leaves out what is empty would take them for the same.
func TestTemplateHash_Apart(t *testing.T) {
	const image = `containers: [{image: a}]`
	for name, c := range map[string]struct{ one, other string }{
		"a selector of everything":  {`{spec: {` + image + `, topologySpreadConstraints: [{maxSkew: 1, labelSelector: {}}]}}`, `{spec: {` + image + `, topologySpreadConstraints: [{maxSkew: 1}]}}`},
		"user 0":                    {`{spec: {containers: [{image: a, securityContext: {runAsUser: 0}}]}}`, `{spec: {containers: [{image: a, securityContext: {}}]}}`},
		"an eviction at once":       {`{spec: {` + image + `, tolerations: [{key: a, tolerationSeconds: 0}]}}`, `{spec: {` + image + `, tolerations: [{key: a}]}}`},
		"mode 0":                    {`{spec: {` + image + `, volumes: [{name: a, secret: {secretName: a, defaultMode: 0}}]}}`, `{spec: {` + image + `, volumes: [{name: a, secret: {secretName: a}}]}}`},
		"the order of arguments":    {`{spec: {containers: [{image: a, args: [a, b]}]}}`, `{spec: {containers: [{image: a, args: [b, a]}]}}`},
		"a label":                   {`{metadata: {labels: {a: b}}, spec: {` + image + `}}`, `{metadata: {annotations: {a: b}}, spec: {` + image + `}}`},
		"no concurrency of its own": {`{spec: {containerConcurrency: 1, ` + image + `}}`, `{spec: {` + image + `}}`},
	} {
		t.Run(name, func(t *testing.T) {
			assert.NotEqual(t, HashTemplate(withDefaults(t, c.one, nil)), HashTemplate(withDefaults(t, c.other, nil)))
		})
	}
}

// everyDefault are settings with which upstream's defaulting writes all that it
// can.
var everyDefault = map[string]map[string]string{
	"defaults": {
		"revision-cpu-request": "100m", "revision-cpu-limit": "1", "revision-memory-request": "1Mi", "revision-memory-limit": "2Mi",
		"revision-ephemeral-storage-request": "1Mi", "revision-ephemeral-storage-limit": "2Mi",
		"revision-response-start-timeout-seconds": "100", "revision-idle-timeout-seconds": "50", "container-concurrency": "7",
		"enable-service-links": "true", "container-name-template": "app", "init-container-name-template": "first",
	},
	"features": {"secure-pod-defaults": "enabled", "kubernetes.podspec-init-containers": "enabled"},
}

// TestTemplateDefaults_HasAll fails if upstream's defaulting fills in a field
// that form 1 does not have. What it fills in belongs to the name only if the
// settings of a cluster change it; then it needs a new form.
func TestTemplateDefaults_HasAll(t *testing.T) {
	for name, settings := range map[string]map[string]map[string]string{"of the release": nil, "of a cluster": everyDefault} {
		t.Run(name, func(t *testing.T) {
			for _, c := range append(recorded, struct{ name, template, hash string }{template: `{spec: {containers: [
				{image: a, ports: [{containerPort: 80}], volumeMounts: [{name: a, mountPath: /a}], readinessProbe: {grpc: {port: 1}, periodSeconds: 3}, startupProbe: {grpc: {port: 1}}},
				{image: b, securityContext: {readOnlyRootFilesystem: true}}],
				initContainers: [{image: c}], volumes: [{name: a, secret: {secretName: a}}]}}`}) {
				set, defaulted := withDefaults(t, c.template, settings)
				assert.Equal(t, string(canonicalTemplate(defaulted, defaulted)), string(canonicalTemplate(set, defaulted)), c.name)
			}
		})
	}
}

// TestAppendCanonical_NewUpstreamField has a type as a later upstream may have
// it, with fields that belay does not know.
func TestAppendCanonical_NewUpstreamField(t *testing.T) {
	type old struct {
		Image string `json:"image"`
	}
	type later struct {
		Image  string            `json:"image"`
		Always string            `json:"always"` // without omitempty
		Number int64             `json:"number"`
		Struct struct{ A *bool } `json:"struct"`
		Filled *string           `json:"filled,omitempty"` // upstream gives it a default
	}
	form := func(set, defaulted any) string {
		text, _ := appendCanonical(nil, "", reflect.ValueOf(set), reflect.ValueOf(defaulted))
		return string(text)
	}
	before := form(old{"a"}, old{"a"})
	assert.Equal(t, `{"image":"a"}`, before)
	assert.Equal(t, before, form(later{Image: "a"}, later{Image: "a", Filled: ptr.String("default")}))
	assert.Equal(t, `{"filled":"","image":"a"}`, form(later{Image: "a", Filled: ptr.String("")}, later{Image: "a", Filled: ptr.String("")}),
		"what belay sets is in the form, known or not")
}

// TestAppendCanonical_EveryType walks all fields of a template, so that no type
// that a spec can reach is one that the form does not know.
func TestAppendCanonical_EveryType(t *testing.T) {
	var filled servingv1.RevisionTemplateSpec
	count := fill(reflect.ValueOf(&filled).Elem(), 0)
	assert.Greater(t, count, 400)
	assert.NotPanics(t, func() { canonicalTemplate(filled, filled) })
}

// fill sets every field of a value, and returns how many scalars it has.
func fill(v reflect.Value, depth int) (count int) {
	switch v.Interface().(type) {
	case resource.Quantity:
		v.Set(reflect.ValueOf(resource.MustParse("1")))
		return 1
	case intstr.IntOrString:
		v.Set(reflect.ValueOf(intstr.FromInt32(1)))
		return 1
	case metav1.ObjectMeta: // the API server fills in the rest
		v.Set(reflect.ValueOf(metav1.ObjectMeta{Labels: map[string]string{"a": "b"}, Annotations: map[string]string{"a": "b"}}))
		return 2
	}
	switch v.Kind() {
	case reflect.Struct:
		for _, f := range fieldsOf(v.Type(), "") {
			count += fill(v.FieldByIndex(f.index), depth+1)
		}
		return count
	case reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		return fill(v.Elem(), depth+1)
	case reflect.Slice:
		v.Set(reflect.MakeSlice(v.Type(), 1, 1))
		return fill(v.Index(0), depth+1)
	case reflect.Map:
		v.Set(reflect.MakeMap(v.Type()))
		key, value := reflect.New(v.Type().Key()).Elem(), reflect.New(v.Type().Elem()).Elem()
		key.SetString("a")
		count = fill(value, depth+1)
		v.SetMapIndex(key, value)
		return count
	case reflect.String:
		v.SetString("a")
	case reflect.Bool:
		v.SetBool(true)
	case reflect.Int, reflect.Int32, reflect.Int64:
		v.SetInt(1)
	}
	return 1
}
