package golden_test

import (
	"bytes"
	"encoding/json"
	"maps"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	jsonpatch "github.com/evanphx/json-patch/v5"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/golden/modules"
	"github.com/belay-sh/belay/internal/adapter/argocd"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/render"
)

// releaseSpec installs all that there is, with all that can be set.
const releaseSpec = `
package platform

target: {
	knative: "MINOR"
	domain:  "example.com"
	config: {
		defaults: "revision-timeout-seconds": "120"
		istio: "gateway.knative-serving.knative-ingress-gateway": "gateway.istio-system.svc.cluster.local"
	}
	mesh: {cluster: "separate", injectedServing: true}
}
platform: {
	version: "VERSION"
	manifests: {directory: "release", hpa: true}
	replicas: 3
}
argocd: {name: "platform", repoURL: "https://git.example.com/deploy.git", path: "platform", mesh: name: "asm"}
`

// releaseChanges are the changes to objects of any release, as merge patches,
// besides what every object of a bundle carries.
var releaseChanges = map[string]string{
	"Namespace /knative-serving":                             `{"metadata":{"labels":{"istio-injection":"enabled"}}}`,
	"ConfigMap knative-serving/config-defaults":              `{"data":{"revision-timeout-seconds":"120"}}`,
	"ConfigMap knative-serving/config-domain":                `{"data":{"example.com":""}}`,
	"ConfigMap knative-serving/config-istio":                 `{"data":{"gateway.knative-serving.knative-ingress-gateway":"gateway.istio-system.svc.cluster.local"}}`,
	"Deployment knative-serving/autoscaler":                  `{"spec":{"replicas":3}}`,
	"Deployment knative-serving/autoscaler-hpa":              `{"spec":{"replicas":3}}`,
	"Deployment knative-serving/controller":                  `{"spec":{"replicas":3}}`,
	"Deployment knative-serving/net-istio-controller":        `{"spec":{"replicas":3}}`,
	"Deployment knative-serving/net-istio-webhook":           `{"spec":{"replicas":3}}`,
	"HorizontalPodAutoscaler knative-serving/activator":      `{"spec":{"maxReplicas":22,"minReplicas":3}}`,
	"HorizontalPodAutoscaler knative-serving/webhook":        `{"spec":{"maxReplicas":7,"minReplicas":3}}`,
	"Job knative-serving/storage-version-migration-serving-": `{"metadata":{"generateName":null,"name":"storage-version-migration-serving"}}`,
	"Job knative-serving/cleanup-serving-":                   `{"metadata":{"generateName":null,"name":"cleanup-serving"}}`,
}

// TestReleases_EmitEveryObjectOnce compiles an install of every release that
// there are checksums of, from the release's own files; with -short, of those of the
// default minor version.
func TestReleases_EmitEveryObjectOnce(t *testing.T) {
	for _, minor := range target.Knatives {
		if testing.Short() && minor != target.Default().Knative {
			continue
		}
		for _, version := range (&target.Target{Knative: minor}).Patches() {
			t.Run(version, func(t *testing.T) {
				dir := t.TempDir()
				released := placeRelease(t, version, filepath.Join(dir, "release"))
				m := compileRelease(t, dir, minor.String(), version)
				changed := map[string]string{}
				for _, o := range slices.Concat(m.Objects, m.Hooks) {
					name := key(o.Kind, o.Namespace, o.Name)
					if released[name] == nil {
						name += "-" // a job that had no name
					}
					if patch := change(t, released[name], o.JSON); patch != "{}" {
						changed[name] = patch
					}
					delete(released, name)
				}
				assert.Equal(t, releaseChanges, changed)
				assert.Empty(t, slices.Collect(maps.Keys(released)), "objects that are lost")
				assert.Len(t, m.Hooks, 2)
				assertDigests(t, m)
				assertWaves(t, m)
				assertBuilds(t, m)
			})
		}
	}
}

func compileRelease(t *testing.T, dir, minor, version string) ir.Bundle {
	t.Helper()
	writeFile(t, dir, "app.cue", strings.NewReplacer("MINOR", minor, "VERSION", version).Replace(releaseSpec))
	m, diags, err := compiler.Compile(t.Context(), []string{"."}, compiler.Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}})
	require.NoError(t, err)
	require.Empty(t, diags)
	return m
}

// placeRelease puts the files of a release in a directory, as Knative's
// operator ships them, and returns their objects as JSON.
func placeRelease(t *testing.T, version, dir string) map[string][]byte {
	t.Helper()
	operator, err := modules.Directory(target.OperatorModule())
	require.NoError(t, err)
	kodata := filepath.Join(operator, "cmd/operator/kodata")
	minor := version[:strings.LastIndex(version, ".")]
	files, err := filepath.Glob(filepath.Join(kodata, "knative-serving", version, "*.yaml"))
	require.NoError(t, err)
	files = append(files, filepath.Join(kodata, "ingress", minor, "istio", "x-net-istio.yaml"))
	require.Len(t, files, 5)
	objects := map[string][]byte{}
	for _, file := range files {
		_, name, _ := strings.Cut(filepath.Base(file), "-")
		data, err := os.ReadFile(strings.Replace(file, "x-", "", 1))
		require.NoError(t, err)
		writeFile(t, dir, name, string(data))
		for document := range bytes.SplitSeq(data, []byte("\n---\n")) {
			object, err := yaml.YAMLToJSON(document)
			require.NoError(t, err)
			if string(object) == "null" {
				continue
			}
			objects[keyOf(t, object)] = object
		}
	}
	return objects
}

func keyOf(t *testing.T, object []byte) string {
	t.Helper()
	var head struct {
		Kind     string
		Metadata struct{ Namespace, Name, GenerateName string }
	}
	require.NoError(t, json.Unmarshal(object, &head))
	return key(head.Kind, head.Metadata.Namespace, head.Metadata.Name+head.Metadata.GenerateName)
}

// change is the merge patch from an object of a release to what was made of
// it, less what every object of a bundle carries.
func change(t *testing.T, released, emitted []byte) string {
	t.Helper()
	require.NotNil(t, released, "not of the release: %s", emitted)
	var o map[string]any
	require.NoError(t, json.Unmarshal(emitted, &o))
	metadata := o["metadata"].(map[string]any)
	for field, carried := range map[string][]string{
		"labels": {"app.kubernetes.io/managed-by"}, "annotations": {"belay.sh/spec", "belay.sh/manifest"},
	} {
		entries := metadata[field].(map[string]any)
		for _, name := range carried {
			assert.Contains(t, entries, name)
			delete(entries, name)
		}
		if len(entries) == 0 {
			delete(metadata, field)
		}
	}
	emitted, err := json.Marshal(o)
	require.NoError(t, err)
	patch, err := jsonpatch.CreateMergePatch(released, emitted)
	require.NoError(t, err)
	return string(patch)
}

// assertWaves holds the order: namespace, definitions, core, ingress.
func assertWaves(t *testing.T, m ir.Bundle) {
	t.Helper()
	want := map[string]int{"namespaces/knative-serving": -5, "serving-crds": -4, "serving-core": -3, "serving-hpa": -3, "net-istio": -2}
	for _, o := range m.Objects {
		assert.Equal(t, want[o.FileKey.Shared], o.Wave, "%s %s", o.Kind, o.Name)
	}
}

var imageField = regexp.MustCompile(`"(image|queue-sidecar-image)":"([^"]*)"`)

// assertDigests holds the images of a release to what belay promises of all.
func assertDigests(t *testing.T, m ir.Bundle) {
	t.Helper()
	images := 0
	for _, o := range slices.Concat(m.Objects, m.Hooks) {
		for _, image := range imageField.FindAllSubmatch(o.JSON, -1) {
			assert.Regexp(t, "@sha256:[0-9a-f]{64}$", string(image[2]), "%s %s", o.Kind, o.Name)
			images++
		}
	}
	assert.Greater(t, images, 8)
}

// assertBuilds builds both sides of the bundle for Argo CD with kustomize,
// hooks and all.
func assertBuilds(t *testing.T, m ir.Bundle) {
	t.Helper()
	disk := filesys.MakeFsInMemory()
	for _, file := range argocd.Bundle(m, ir.Dataplane, ir.Mesh) {
		require.NoError(t, disk.WriteFile("/bundle/"+file.Path, file.Data))
	}
	built := 0
	for _, side := range []string{"dataplane", "mesh"} {
		resources, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/bundle/"+side)
		require.NoError(t, err)
		built += resources.Size()
	}
	const twice = 1 // the namespace
	assert.Equal(t, len(m.Objects)+len(m.Hooks)+twice, built)
}

// TestRemote_KustomizeFindsWhatToPatch builds an install from URLs, with the
// files of a release in their place.
func TestRemote_KustomizeFindsWhatToPatch(t *testing.T) {
	dir := t.TempDir()
	released := placeRelease(t, "1.23.0", filepath.Join(dir, "release"))
	writeFile(t, dir, "app.cue", `
package platform

target: {
	domain: "example.com"
	config: network: "mesh-compatibility-mode": "enabled"
	mesh: injectedServing: true
}
platform: urls: [
	"https://example.com/knative/serving-crds.yaml",
	"https://example.com/knative/serving-core.yaml",
	"https://example.com/knative/net-istio.yaml",
]
`)
	m, diags, err := compiler.Compile(t.Context(), []string{"."}, compiler.Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}})
	require.NoError(t, err)
	assert.Equal(t, []diag.Code{diag.UnpinnedManifest}, codesOf(diags))
	disk := filesys.MakeFsInMemory()
	for _, file := range render.Bundle(m, ir.AllClusters) {
		data := strings.ReplaceAll(string(file.Data), "https://example.com/knative/", "")
		require.NoError(t, disk.WriteFile("/bundle/"+file.Path, []byte(data)))
	}
	for _, name := range []string{"serving-core.yaml", "net-istio.yaml"} {
		data, err := os.ReadFile(filepath.Join(dir, "release", name))
		require.NoError(t, err)
		require.NoError(t, disk.WriteFile("/bundle/"+name, data))
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, "/bundle")
	require.NoError(t, err)
	changed := map[string]string{}
	for _, r := range built.Resources() {
		object, err := r.MarshalJSON()
		require.NoError(t, err)
		name := keyOf(t, object)
		patch, err := jsonpatch.CreateMergePatch(released[name], object)
		require.NoError(t, err)
		if string(patch) != "{}" {
			changed[name] = string(patch)
		}
	}
	assert.Equal(t, map[string]string{
		"Namespace /knative-serving":               `{"metadata":{"labels":{"istio-injection":"enabled"}}}`,
		"ConfigMap knative-serving/config-domain":  `{"data":{"example.com":""}}`,
		"ConfigMap knative-serving/config-network": `{"data":{"mesh-compatibility-mode":"enabled"}}`,
	}, changed)
}
