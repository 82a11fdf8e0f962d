package kubernetes

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	corev1 "k8s.io/api/core/v1"
	"sigs.k8s.io/yaml"
)

// TestPod_Env has variables that Knative passes on unread, and where Kubernetes
// rejects them.
func TestPod_Env(t *testing.T) {
	for variable, want := range map[string][]string{
		`{name: A, value: a}`: nil,
		`{name: A}`:           nil,
		`{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}`:                                     nil,
		`{name: A, valueFrom: {configMapKeyRef: {name: c, key: k.v_1}}}`:                              nil,
		`{name: A, valueFrom: {fieldRef: {fieldPath: metadata.name}}}`:                                nil,
		`{name: "A=B", value: a}`:                                                                     {"name"},
		`{name: A, value: a, valueFrom: {secretKeyRef: {name: s, key: k}}}`:                           {"valueFrom"},
		`{name: A, value: a, valueFrom: {}}`:                                                          {"valueFrom"},
		`{name: A, valueFrom: {secretKeyRef: {name: S, key: k}}}`:                                     {"valueFrom.secretKeyRef.name"},
		`{name: A, valueFrom: {}}`:                                                                    {"valueFrom"},
		`{name: A, valueFrom: {secretKeyRef: {name: s, key: k}, configMapKeyRef: {name: s, key: k}}}`: {"valueFrom"},
		`{name: A, valueFrom: {secretKeyRef: {key: k}}}`:                                              {"valueFrom.secretKeyRef.name"},
		`{name: A, valueFrom: {secretKeyRef: {name: s}}}`:                                             {"valueFrom.secretKeyRef.key"},
		`{name: A, valueFrom: {configMapKeyRef: {name: s, key: a b}}}`:                                {"valueFrom.configMapKeyRef.key"},
		`{name: A, value: a, valueFrom: {configMapKeyRef: {name: s}}}`:                                {"valueFrom", "valueFrom.configMapKeyRef.key"},
	} {
		for _, list := range []string{"containers", "initContainers"} {
			var pod corev1.PodSpec
			require.NoError(t, yaml.UnmarshalStrict([]byte(`{`+list+`: [{env: [{name: FIRST}, `+variable+`]}]}`), &pod))
			var found []string
			for _, f := range Pod(&pod) {
				path, ok := strings.CutPrefix(strings.Join(f.Path, "."), list+".0.env.1.")
				assert.True(t, ok, "%v", f.Path)
				found = append(found, path)
			}
			assert.Equal(t, want, found, variable)
		}
	}
}
