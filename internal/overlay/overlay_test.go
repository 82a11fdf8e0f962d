package overlay

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

const digest = "sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"

// parse returns the objects in a YAML stream.
func parse(t *testing.T, stream string) (objects []*yaml.RNode) {
	t.Helper()
	dec := yaml.NewDecoder(bytes.NewReader([]byte(stream)))
	for {
		var document yaml.Node
		err := dec.Decode(&document)
		if errors.Is(err, io.EOF) {
			return objects
		}
		require.NoError(t, err, stream)
		objects = append(objects, yaml.NewRNode(document.Content[0]))
	}
}

// text returns objects as a YAML stream.
func text(t *testing.T, objects []*yaml.RNode) string {
	t.Helper()
	var out []string
	for _, o := range objects {
		one, err := o.String()
		require.NoError(t, err)
		out = append(out, one)
	}
	return strings.Join(out, "---\n")
}

// lines returns findings as lines to compare.
func lines(findings []Finding) (out []string) {
	for _, f := range findings {
		out = append(out, fmt.Sprintf("%s[%s] %s/%s %s: %s", f.Severity, f.Code, f.Called.Kind, f.Called.Name, f.Path, f.Message))
	}
	return out
}

// service is a Knative Service as belay makes one; the test replaces parts of it.
const service = `apiVersion: serving.knative.dev/v1
kind: Service
metadata:
  name: web
  namespace: shop
  labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}
  annotations: {belay.sh/spec: v1alpha1}
spec:
  template:
    metadata:
      labels: {app.kubernetes.io/name: web, belay.sh/app: web}
    spec:
      containers:
      - {name: user-container, image: "registry.example.com/web@` + digest + `"}
  traffic:
  - {latestRevision: true, percent: 100}
`

// edited returns a text with replacements, each of which must apply.
func edited(t *testing.T, text string, oldnew ...string) string {
	t.Helper()
	for i := 0; i+1 < len(oldnew); i += 2 {
		require.Contains(t, text, oldnew[i])
		text = strings.ReplaceAll(text, oldnew[i], oldnew[i+1])
	}
	return text
}

func vetted(t *testing.T, stream string) []string {
	t.Helper()
	before := parse(t, stream)
	findings, err := Vet(before, target.Default())
	require.NoError(t, err)
	assert.Equal(t, text(t, parse(t, stream)), text(t, before), "Vet changes nothing")
	return lines(findings)
}

func finalized(t *testing.T, stream string) (string, []string) {
	t.Helper()
	lock := pin.NewLock()
	lock.Images["registry.example.com/web:v1"] = pin.Entry{Digest: digest}
	objects := parse(t, stream)
	findings, err := Finalize(objects, target.Default(), lock)
	require.NoError(t, err)
	return text(t, objects), lines(findings)
}

// TestFinalize_OfWhatBelayMade changes nothing that is as belay made it.
func TestFinalize_OfWhatBelayMade(t *testing.T) {
	out, found := finalized(t, service)
	assert.Empty(t, found)
	assert.Equal(t, text(t, parse(t, service)), out)
	assert.Empty(t, vetted(t, service))
}

// TestFindings_NameTheObjectAsItWas: Finalize renames an object after it has
// reported that.
func TestFindings_NameTheObjectAsItWas(t *testing.T) {
	objects := parse(t, `apiVersion: serving.knative.dev/v1beta1
kind: DomainMapping
metadata:
  name: o-shop.example.com
  namespace: shop
  labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}
  annotations: {belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNames: shop.example.com}
spec: {ref: {kind: Service, name: web, apiVersion: serving.knative.dev/v1}}
`)
	findings, err := Finalize(objects, target.Default(), pin.NewLock())
	require.NoError(t, err)
	require.Len(t, findings, 1)
	assert.Equal(t, "o-shop.example.com", findings[0].Called.Name)
	assert.Equal(t, "shop.example.com", findings[0].Object.GetName())
}
