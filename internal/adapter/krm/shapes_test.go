package krm

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
)

// shapedApp has a Service and policies.
const shapedApp = `functionConfig:
  apiVersion: belay.sh/v1alpha1
  kind: App
  metadata: {name: web, namespace: shop}
  target: {mesh: {injectedServing: true}}
  spec:
    image: registry.example.com/web@sha256:4a0602861a9088a84bb2a2c3e69b44c915e6bcb4f41d7ecd68314ded60cf49e3
    env: {A: {secret: s, key: k}}
    visibility: cluster-local
    mesh: {mtls: strict, callers: [{namespace: jobs}]}
`

// TestRun_EveryShape puts a value of another shape in the place of each value of
// a ResourceList: whatever the function says of it, it does not crash, and an
// error is a sentence of belay's.
func TestRun_EveryShape(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "belay.lock"), []byte("version: 1\n"), 0o644))
	run := func(in string) (out []byte, results Results, crash any, err error) {
		defer func() { crash = recover() }()
		opts := compiler.Options{}
		opts.Dir = dir
		out, results, err = Run(t.Context(), []byte(in), opts)
		return out, results, nil, err
	}
	generated, results, crash, err := run(head + shapedApp)
	require.NoError(t, err)
	require.Nil(t, crash)
	require.False(t, results.HasErrors(), "%v", results)
	items, _, _ := strings.Cut(string(generated), "\nfunctionConfig:")

	crashes, leaks, runs := map[string]string{}, map[string]string{}, 0
	for kind, call := range map[string]string{
		"App":      head + shapedApp,
		"Vet":      items + "\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: Vet, metadata: {name: v, namespace: n, labels: {a: b}, annotations: {a: b}}, spec: {emit: all}, target: {knative: \"1.23\"}}\n",
		"Finalize": items + "\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: Finalize, metadata: {name: v}, spec: {images: {a: b}}}\n",
	} {
		document, err := yaml.Parse(call)
		require.NoError(t, err)
		eachValue(document.YNode(), "", func(n *yaml.Node, path string) {
			was := *n
			for _, shape := range []string{"[x]", "null"} {
				if testing.Short() && runs%20 != 0 {
					runs++
					continue
				}
				runs++
				*n = *yaml.MustParse(shape).YNode()
				text, err := document.String()
				require.NoError(t, err)
				_, _, crash, err := run(text)
				if crash != nil {
					crashes[kind+" "+path] = fmt.Sprint(shape, ": ", crash)
				}
				if err != nil && strings.Contains(err.Error(), "wrong node kind") {
					leaks[kind+" "+path] = shape + ": " + err.Error()
				}
			}
			*n = was
		})
	}
	assert.Empty(t, crashes)
	assert.Empty(t, leaks)
	t.Logf("calls: %d", runs)
}

// eachValue calls use with each value of a tree, the innermost first.
func eachValue(n *yaml.Node, path string, use func(n *yaml.Node, path string)) {
	for i, child := range n.Content {
		if n.Kind == yaml.MappingNode {
			if i%2 == 1 {
				eachValue(child, path+"."+n.Content[i-1].Value, use)
			}
			continue
		}
		eachValue(child, fmt.Sprintf("%s[%d]", path, i), use)
	}
	use(n, path)
}

// TestRun_Malformed has objects that are none, and what is said of them.
func TestRun_Malformed(t *testing.T) {
	const vet = "functionConfig: {apiVersion: belay.sh/v1alpha1, kind: Vet, metadata: {name: v}}\n"
	for in, want := range map[string]string{
		head + "items: []\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: App, metadata: 3, spec: {}}\n":           `the functionConfig: metadata is not a map, such as {name: web}`,
		head + "items: []\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: App, metadata: {name: [a]}, spec: {}}\n": `the functionConfig: metadata.name is not a string`,
		head + "items: []\nfunctionConfig: [App]\n": `the functionConfig:`,
		head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b, labels: [x]}}\n" + vet: `item 2 of the ResourceList: metadata.labels is not a map of strings`,
		head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {k: {}}}}\n" + vet:                                               `item 1 of the ResourceList: metadata.annotations.k is not a string`,
		head + "items:\n- {apiVersion: v1, kind: {}, metadata: {name: a}}\n" + vet:                                                                         `item 1 of the ResourceList: kind is not a string`,
	} {
		_, _, err := Run(t.Context(), []byte(in), compiler.Options{})
		assert.ErrorContains(t, err, want)
	}
	_, results, err := Run(t.Context(), []byte(head+"items: []\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: App, spec: {image: a}}\n"), compiler.Options{})
	require.NoError(t, err)
	assert.Contains(t, results[0].String(), "metadata.name: an App lacks metadata.name")
}
