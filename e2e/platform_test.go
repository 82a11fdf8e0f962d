package e2e

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/e2e/cluster"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

const platformSpec = `
package platform

target: {
	knative: "MINOR"
	domain:  "example.com"
	config: {
		features: "kubernetes.podspec-init-containers": "enabled"
		network: "domain-template": "{{.Name}}-{{.Namespace}}.{{.Domain}}"
		gc: "min-non-active-revisions": "2"
	}
	mesh: injectedServing: true
}
platform: {
	version: "VERSION"
	manifests: {directory: "release", hpa: true}
	replicas: 2
	mtls:     "strict"
}
argocd: {name: "platform", repoURL: "https://git.example.com/deploy.git", path: "platform"}
`

// taken are the objects of an install that something else holds a part of: the
// running webhook its own rules, as it does everywhere, which is why Argo CD is
// told to ignore them; and this cluster the Service that leads to it.
var taken = map[string]string{
	"MutatingWebhookConfiguration webhook.serving.knative.dev":              ".rules",
	"ValidatingWebhookConfiguration validation.webhook.serving.knative.dev": ".rules",
	"Service webhook": "https-webhook",
}

// TestPlatform_IsAdmitted asks the server what it would say to an install from
// the manifests of the release that it runs: API server, Knative's webhook for
// ConfigMaps, and Istio's. It keeps its own.
func TestPlatform_IsAdmitted(t *testing.T) {
	t.Parallel()
	dir := t.TempDir()
	placeRelease(t, filepath.Join(dir, "release"))
	_, version, err := cluster.ReleaseFiles()
	require.NoError(t, err)
	spec := strings.NewReplacer("MINOR", target.Default().Knative.String(), "VERSION", version).Replace(platformSpec)
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.cue"), []byte(spec), 0o644))
	m, diags, err := compiler.Compile(t.Context(), []string{"."}, compiler.Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}})
	require.NoError(t, err)
	require.Empty(t, diags)
	_, err = control.Apply(t.Context(), object("v1", "Namespace", "", "istio-system"), "e2e", false)
	require.NoError(t, err)
	require.Greater(t, len(m.Objects), 70)
	for _, o := range append(m.Objects, m.Hooks...) {
		_, err := control.Apply(t.Context(), decoded(t, o), "belay", true)
		if held, ok := taken[o.Kind+" "+o.Name]; ok {
			assert.ErrorContains(t, err, held, "%s %s", o.Kind, o.Name)
			continue
		}
		assert.NoError(t, err, "%s %s", o.Kind, o.Name)
	}
}

func decoded(t *testing.T, o ir.Object) *unstructured.Unstructured {
	t.Helper()
	u := &unstructured.Unstructured{}
	require.NoError(t, u.UnmarshalJSON(o.JSON), cluster.Name(u))
	return u
}

// placeRelease puts the files of the release in a directory, as Knative's
// operator ships them, less the numbers that it gives them.
func placeRelease(t *testing.T, dir string) {
	t.Helper()
	kodata, version, err := cluster.ReleaseFiles()
	require.NoError(t, err)
	files, err := filepath.Glob(filepath.Join(kodata, "knative-serving", version, "*.yaml"))
	require.NoError(t, err)
	require.NoError(t, os.Mkdir(dir, 0o755))
	for _, file := range append(files, filepath.Join(kodata, "ingress", target.Default().Knative.String(), "istio", "net-istio.yaml")) {
		name := filepath.Base(file)
		if name != "net-istio.yaml" {
			_, name, _ = strings.Cut(name, "-")
		}
		data, err := os.ReadFile(file)
		require.NoError(t, err)
		require.NoError(t, os.WriteFile(filepath.Join(dir, name), data, 0o644))
	}
}
