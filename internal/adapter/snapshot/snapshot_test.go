package snapshot

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/target"
)

// configMap returns a ConfigMap of Knative 1.20.
func configMap(name, data string) string {
	return "apiVersion: v1\nkind: ConfigMap\nmetadata:\n  name: config-" + name + "\n  labels: {app.kubernetes.io/version: \"1.20.0\"}\ndata: {" + data + "}\n"
}

func TestTake(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"settings as released":      {configMap("features", `kubernetes.podspec-nodeselector: disabled`), "target: {\n\tknative: \"1.20\"\n}\n"},
		"another spelling of these": {configMap("features", `kubernetes.podspec-nodeselector: Disabled`), "target: {\n\tknative: \"1.20\"\n}\n"},
		"settings of the cluster": {configMap("features", `kubernetes.podspec-nodeselector: enabled, kubernetes.podspec-affinity: disabled`),
			"target: {\n\tknative: \"1.20\"\n\tconfig: features: {\n\t\t\"kubernetes.podspec-nodeselector\": \"enabled\"\n\t}\n}\n"},
		"a key that the release does not know": {configMap("defaults", `revision-timeout-seconds: "600", my-own: a`),
			"target: {\n\tknative: \"1.20\"\n\tconfig: defaults: {\n\t\t\"revision-timeout-seconds\": \"600\"\n\t}\n}\n"},
		"the example is no setting":  {configMap("defaults", `_example: "revision-timeout-seconds: 600"`), "target: {\n\tknative: \"1.20\"\n}\n"},
		"a list of registries":       {configMap("deployment", `registries-skipping-tag-resolving: "a, b"`), "target: {\n\tknative: \"1.20\"\n\tconfig: deployment: {\n\t\t\"registries-skipping-tag-resolving\": \"a, b\"\n\t}\n}\n"},
		"every setting of net-istio": {configMap("istio", `external-gateways: "- name: a", _example: b`), "target: {\n\tknative: \"1.20\"\n\tconfig: istio: {\n\t\t\"external-gateways\": \"- name: a\"\n\t}\n}\n"},
		"the domain without a selector": {configMap("domain", `_example: a, example.com: "selector: {app: a}", example.org: ""`),
			"target: {\n\tknative: \"1.20\"\n\tdomain:  \"example.org\"\n}\n"},
		"domains with selectors alone": {configMap("domain", `example.com: "selector: {app: a}"`), "target: {\n\tknative: \"1.20\"\n}\n"},
		"a List": {"apiVersion: v1\nkind: List\nitems:\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: config-domain, labels: {app.kubernetes.io/version: 1.20.0}}, data: {example.org: \"\"}}\n",
			"target: {\n\tknative: \"1.20\"\n\tdomain:  \"example.org\"\n}\n"},
		"several documents, and others among them": {configMap("domain", `example.org: ""`) + "---\nkind: Secret\nmetadata: {name: config-x}\n---\nkind: ConfigMap\nmetadata: {name: other}\ndata: {a: b}\n---\n" + configMap("gc", `min-non-active-revisions: "5"`),
			"target: {\n\tknative: \"1.20\"\n\tdomain:  \"example.org\"\n\tconfig: gc: {\n\t\t\"min-non-active-revisions\": \"5\"\n\t}\n}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			_, text, err := Take([]byte(c.in))
			require.NoError(t, err)
			assert.Equal(t, c.want, string(text))
		})
	}
}

// TestTake_Release has labels of releases, and of builds that are none.
func TestTake_Release(t *testing.T) {
	standard := target.Default().Knative
	for label, c := range map[string]struct {
		want  target.Version
		known bool
	}{
		"1.20.0":          {target.Version{Major: 1, Minor: 20}, true},
		"v1.20.3":         {target.Version{Major: 1, Minor: 20}, true},
		"0.26.1":          {target.Version{Major: 0, Minor: 26}, true},
		"devel":           {standard, false},
		"20260101-abcdef": {standard, false},
		"":                {standard, false},
	} {
		got, text, err := Take([]byte("kind: ConfigMap\nmetadata: {name: config-gc, labels: {app.kubernetes.io/version: \"" + label + "\"}}\n"))
		require.NoError(t, err, label)
		assert.Equal(t, c.want, got.Knative, label)
		assert.Equal(t, !c.known, strings.Contains(string(text), "do not say which release they are of"), label)
	}
	_, _, err := Take([]byte("kind: ConfigMap\nmetadata: {name: config-gc, labels: {app.kubernetes.io/version: 0.99.0}}\n"))
	assert.ErrorContains(t, err, "the ConfigMaps are of Knative 0.99, which belay does not know; it knows 0.26, ")
}

func TestTake_Mistakes(t *testing.T) {
	for name, c := range map[string]struct{ in, want string }{
		"nothing":              {"", "there is no ConfigMap of Knative's in the input"},
		"other ConfigMaps":     {"kind: ConfigMap\nmetadata: {name: settings}\n", "there is no ConfigMap of Knative's in the input"},
		"not a ConfigMap":      {"kind: Secret\nmetadata: {name: config-features}\n", "there is no ConfigMap of Knative's in the input"},
		"not YAML":             {"a: [", "yaml: "},
		"data of another type": {"kind: ConfigMap\nmetadata: {name: config-gc}\ndata: []\n", "cannot unmarshal"},
	} {
		t.Run(name, func(t *testing.T) {
			_, _, err := Take([]byte(c.in))
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
		})
	}
}

func TestLabel(t *testing.T) {
	for key, want := range map[string]string{
		"plain": "plain", "_a1": "_a1", "with-dash": `"with-dash"`, "a.b": `"a.b"`, "1a": `"1a"`, "": `""`, `a"b`: `"a\"b"`,
	} {
		assert.Equal(t, want, label(key))
	}
}
