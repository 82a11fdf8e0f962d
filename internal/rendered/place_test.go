package rendered

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/overlay"
)

// object parses an object.
func object(t *testing.T, text string) *ir.Node {
	t.Helper()
	set := load.FindObjects(load.Stdin, load.Options{Stdin: func(int64) ([]byte, error) { return []byte(text), nil }})
	require.NotNil(t, set)
	objects, diags := set.Files[0].Objects()
	require.Empty(t, diags)
	return objects[0]
}

const placed = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
  annotations:
    example.com/a.b: x
spec:
  template:
    spec:
      containers:
      - name: one
      - name: two
        image: a
  traffic: []
`

func TestDiagnostic_Place(t *testing.T) {
	for path, want := range map[string]struct{ line, column int }{
		"":                                        {4, 9}, // the name
		"metadata.name":                           {4, 9},
		"metadata.annotations.example.com/a.b":    {6, 22},
		"metadata.annotations[example.com/a.b]":   {6, 22},
		"metadata.annotations.example.com/c":      {5, 3}, // the key of the map
		"spec.template.spec.containers[1].image":  {13, 16},
		"spec.template.spec.containers[0].image":  {11, 9}, // the element lacks it
		"spec.template.spec.containers[7].image":  {10, 7},
		"spec.template.spec.containers":           {10, 7},
		"spec.template.spec.containers.image":     {10, 7},
		"spec.traffic":                            {14, 3},
		"status.conditions":                       {4, 9},
		"spec.template.spec.containers[-1].image": {10, 7},
	} {
		o := object(t, placed)
		d := diagnostic(overlay.Finding{Severity: diag.Error, Code: diag.LostName, Path: path, Message: "m", Hint: "h"}, o)
		assert.Equal(t, diag.Position{Line: want.line, Column: want.column}, d.At.Start, path)
		assert.Equal(t, "h", d.Hint)
	}
}

// TestConvert keeps the types of scalars, whatever they look like.
func TestConvert(t *testing.T) {
	o := object(t, "apiVersion: serving.knative.dev/v1\nkind: Service\nspec: {a: \"1\", b: 1, c: 1.5, d: true, e: \"true\", f: null, g: \"null\", h: [\"no\", -1], i: \"\\u0085\\e\", j: {}, k: []}\n")
	data, err := yaml.NewRNode(convert(o)).MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"apiVersion":"serving.knative.dev/v1","kind":"Service","spec":{"a":"1","b":1,"c":1.5,"d":true,"e":"true","f":null,"g":"null","h":["no",-1],"i":"\u0085\u001b","j":{},"k":[]}}`, string(data))
}
