package check_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/check/checktest"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// TestTypecheck has a value of each kind of type, and values that it does not
// take.
func TestTypecheck(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `port: 8080`},
		{App: `port: "8080"`, Want: `wrong-type "8080"`},
		{App: `port: 0`, Want: "out-of-bounds 0"},
		{App: `port: 65536`, Want: "out-of-bounds 65536"},
		{App: `port: 8080.5`, Want: "wrong-type 8080.5"},
		{App: `port: null`, Want: "wrong-type null"},
		{App: `args: [a]`},
		{App: `args: a`, Want: "wrong-type a"},
		{App: `args: [1]`, Want: "wrong-type 1"},
		{App: `labels: {a: b}`},
		{App: `labels: [a]`, Want: "wrong-type ["},
		{App: `visibility: cluster-local`},
		{App: `visibility: private`, Want: "unknown-value private"},
		{App: `name: web-1`},
		{App: `name: Web`, Want: "invalid-name Web"},
		{App: `resources: {requests: {memory: 128mb}}`, Want: "invalid-value 128mb"},
		{App: `rollout: {duration: 10 m}`, Want: "invalid-duration 10 m"},
		{App: `concurrency: 99999999999999999999`, Want: "out-of-bounds 99999999999999999999"},
		{App: `concurrency: -99999999999999999999`, Want: "out-of-bounds -99999999999999999999"},
		{App: `args: ["a\0b"]`, Want: `invalid-value "a\0b"`},
		{Top: `apps: {Web: {image: example.com/web:v1}}`, Want: "invalid-name Web"},
		{Top: `apps: {Web: {image: example.com/web:v1, name: web}}`},
		{Top: `apps: {web: {image: "example.com/web:v1 "}}`, Want: `invalid-image "example.com/web:v1 "`},
		{Top: `apps: []`, Want: "wrong-type ["},
		{Top: `apps: {web: 1}`, Want: "wrong-type 1"},
	})
}

func TestTypecheck_Alternatives(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `mounts: {/x: {secret: a}}`},
		{App: `mounts: {/x: {readOnly: true}}`, Want: "one-of /x"},
		{App: `mounts: {/x: {secret: a, configMap: b}}`, Want: "one-of configMap"},
		{App: `probes: {readiness: {period: 5}}`, Want: "one-of readiness"},
	})
}

func TestTypecheck_UnknownFields(t *testing.T) {
	for field, hint := range map[string]string{
		"prot: 8080":           "did you mean port?",
		"ports: [8080]":        `write port: one, and protocol: "h2c" for HTTP/2`,
		"minScale: 1":          "write scale: min",
		"readiness: {http: /}": "did you mean probes: readiness?",
		"quux: 1":              "",
	} {
		diags := checktest.Check(t, checktest.Case{App: field}.Spec())
		require.Len(t, diags, 1, field)
		assert.Equal(t, hint, diags[0].Hint, field)
	}
}

// TestTypecheck_ReverseOrder has files and keys, or fields, in each other's
// place.
func TestTypecheck_ReverseOrder(t *testing.T) {
	for app, hint := range map[string]string{
		`mounts: {/x: {secret: a, items: {conf/a.yaml: key}}}`:                                             `the two are in reverse order; write items: "key": "conf/a.yaml"`,
		`mounts: {/x: {projected: [{configMap: a, items: {conf/a.yaml: key}}]}}`:                           `the two are in reverse order; write items: "key": "conf/a.yaml"`,
		`mounts: {/x: {projected: [{fields: {metadata.labels: labels}}]}}`:                                 `the two are in reverse order; write fields: "labels": "metadata.labels"`,
		`mounts: {/x: {projected: [{fields: {labels: metadata.lables}}]}}`:                                 `did you mean "metadata.labels"?`,
		`mounts: {/x: {secret: a, items: {"a b": ../c}}}`:                                                  "",
		`domains: [web.example.org], revisions: {a: {weight: 100}, b: {match: [{headers: {"x y": "1"}}]}}`: "",
		`env: {"1A": "B"}`: "",
	} {
		diags := checktest.Check(t, checktest.Case{App: app}.Spec())
		if assert.NotEmpty(t, diags, app) {
			assert.Equal(t, hint, diags[0].Hint, app)
		}
	}
}

// TestCheck_AbsentFields has fields that a release does not have: what else is
// wrong with one is not reported beside that.
func TestCheck_AbsentFields(t *testing.T) {
	const old = `target: {knative: "1.0"}`
	sidecar := func(probes string) string {
		return `port: 8080, sidecars: {log: {image: example.com/log:v1, probes: {readiness: {` + probes + `}}}}`
	}
	checktest.Run(t, []checktest.Case{
		{Top: old, App: `scale: {class: hpa, metric: cpu, target: 80, activation: 2}`, Want: "unsupported-field activation"},
		{Top: old, App: `scale: {class: hpa, metric: cpu, target: 80, activation: 2, utilization: 70}`, Want: "unsupported-field activation; ~unread-setting utilization"},
		{Top: old, App: sidecar(`grpc: "", port: 81`), Want: "unsupported-field probes"},
		{Top: old, App: `port: 8080, probes: {readiness: {grpc: ""}}`, Want: "unsupported-field grpc"},
		{App: sidecar(`grpc: ""`), Want: "feature-disabled probes; missing-field readiness"},
	})
}

// TestCheck_Consequences has mistakes that other rules would report a
// consequence of, beside mistakes that are none.
func TestCheck_Consequences(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `protocol: h2c, port: "8080"`, Want: `wrong-type "8080"`},
		{App: `protocol: h2c, prot: 8080`, Want: "unknown-field prot"},
		{App: `protocol: h2c, timeout: 8080`, Want: "port-required protocol; unknown-field timeout"},
		{App: `revisions: {a: {weight: 60}, b: {weight: "40"}}`, Want: `wrong-type "40"`},
		{App: `revisions: {a: {weight: 60}, b: {weihgt: 40}}`, Want: "unknown-field weihgt"},
		{App: `env: {PORT: "1"}, port: "8080"`, Want: `reserved-env PORT; wrong-type "8080"`},
		{Top: `apps: {web: {iamge: example.com/web:v1}}`, Want: "unknown-field iamge"},
		{Top: `target: {konfig: {}}`, App: `timeoutSeconds: 601`, Want: "unknown-field konfig"},
	})
}

func TestCheck_Overrides(t *testing.T) {
	const image = "apps: {web: {image: example.com/web:v1}}"
	for name, c := range map[string]struct {
		spec      string
		overrides check.Overrides
		knative   string
		origin    ir.Source
		namespace string
	}{
		"nothing is said":        {"{" + image + "}", check.Overrides{}, target.Default().Knative.String(), ir.FromDefault, "default"},
		"another newest":         {"{" + image + "}", check.Overrides{Defaults: target.Releases{Knative: "1.22"}}, "1.22", ir.FromDefault, "default"},
		"the lock, over it":      {"{" + image + "}", check.Overrides{Defaults: target.Releases{Knative: "1.22"}, Locked: map[string]target.Releases{"": {Knative: "1.15"}}}, "1.15", ir.FromLock, "default"},
		"the spec, over it":      {`{target: {knative: "1.0"}, ` + image + "}", check.Overrides{Defaults: target.Releases{Knative: "1.22"}}, "1.0", ir.FromSpec, "default"},
		"the spec":               {`{target: {knative: "1.0"}, ` + image + "}", check.Overrides{}, "1.0", ir.FromSpec, "default"},
		"the caller":             {`{target: {knative: "1.0"}, ` + image + "}", check.Overrides{Knative: "1.20"}, "1.20", ir.FromCaller, "default"},
		"the lock":               {"{" + image + "}", check.Overrides{Locked: map[string]target.Releases{"": {Knative: "1.15"}}}, "1.15", ir.FromLock, "default"},
		"the lock of a target":   {"{target: {name: prod}, " + image + "}", check.Overrides{Locked: map[string]target.Releases{"prod": {Knative: "1.15"}}}, "1.15", ir.FromLock, "default"},
		"the spec, over a lock":  {`{target: {knative: "1.0"}, ` + image + "}", check.Overrides{Locked: map[string]target.Releases{"": {Knative: "1.15"}}}, "1.0", ir.FromSpec, "default"},
		"the caller's namespace": {`{target: {knative: "1.0"}, ` + image + "}", check.Overrides{Namespace: "shop"}, "1.0", ir.FromSpec, "shop"},
	} {
		t.Run(name, func(t *testing.T) {
			checked, diags := check.Check(checktest.Parse(t, c.spec), c.overrides)
			require.Empty(t, diags)
			assert.Equal(t, c.knative, checked.Target.Knative.String())
			assert.Equal(t, c.origin, checked.Origin.Knative)
			assert.Equal(t, c.namespace, checked.Apps[0].Namespace)
		})
	}
}

// TestCheck_Revisions inherits the fields of the app: maps merge by key, lists
// and scalars are replaced, and so is a value with another alternative.
func TestCheck_Revisions(t *testing.T) {
	checked, diags := check.Check(checktest.Parse(t, `{apps: {web: {image: example.com/web:v1, port: 8080, args: [a, b],
		env: {A: "1", B: {secret: s, key: k}},
		revisions: {v1: {weight: 100}, v2: {port: 8081, args: [c], env: {B: {configMap: c, key: k}, C: "3"}}, old: {existing: web-old}}}}}
`), check.Overrides{})
	require.Empty(t, diags)
	revisions := checked.Apps[0].Revisions
	require.Len(t, revisions, 3)
	old, v1, v2 := revisions[0], revisions[1], revisions[2]
	assert.Equal(t, []string{"old", "v1", "v2"}, []string{old.ID, v1.ID, v2.ID})
	assert.Empty(t, old.Spec.Image)
	assert.Equal(t, int32(8080), v1.Spec.Port)
	assert.Equal(t, []string{"a", "b"}, v1.Spec.Args)
	assert.Equal(t, int32(8081), v2.Spec.Port)
	assert.Equal(t, []string{"c"}, v2.Spec.Args)
	assert.Equal(t, []string{"A", "B", "C"}, ir.Sorted(v2.Spec.Env))
	assert.Equal(t, "c", v2.Spec.Env["B"].From.ConfigMap)
	assert.Equal(t, "example.com/web:v1", v2.Spec.Image)
	assert.Equal(t, "apps.web.revisions.v2.port", v2.Node.Field("port").Path())
	assert.Equal(t, "apps.web.image", v2.Node.Field("image").Path())
}

func TestSuggest(t *testing.T) {
	codes := []string{"weights-sum", "reserved-port"}
	for name, want := range map[string]string{
		"weight-sum":  "did you mean weights-sum?",
		"reserve-por": "did you mean reserved-port?",
		"quux-quux":   "",
		"prot":        "did you mean port?",
		"aps":         "did you mean apps?",
		"quux":        "",
	} {
		assert.Equal(t, want, check.Suggest(name, codes), name)
	}
}
