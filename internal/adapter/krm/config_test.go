package krm

import (
	"os"
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/overlay"
)

func configOf(t *testing.T, text string) *config {
	t.Helper()
	node, err := yaml.Parse(text)
	require.NoError(t, err)
	return newConfig(node)
}

// TestAllowedFields_AllKinds: each kind of function has its fields, and a place in a
// kustomization that package overlay names.
func TestAllowedFields_AllKinds(t *testing.T) {
	assert.ElementsMatch(t, ir.Sorted(allowedFields), ir.Sorted(overlay.FunctionKinds))
	assert.ElementsMatch(t, ir.Sorted(allowedFields), ir.Sorted(kinds))
}

func TestConfig_Check(t *testing.T) {
	const head = "apiVersion: belay.sh/v1alpha1\nmetadata: {name: web}\n"
	for name, c := range map[string]struct {
		text string
		want []string
	}{
		"an App":                     {head + "kind: App\nspec: {image: a}\ntarget: {}\npins: {}\ncluster: mesh\n", nil},
		"a field of the spec":        {head + "kind: App\nspec: {imge: a}\n", nil}, // the compiler reports it
		"a field that is unknown":    {head + "kind: App\nspec: {}\npin: {}\n", []string{"error[unknown-field] App/web pin: the kind App has no field pin; it has spec, target, pins, cluster"}},
		"a field of another kind":    {head + "kind: Vet\npins: {}\n", []string{"error[unknown-field] Vet/web pins: the kind Vet has no field pins; it has spec.emit, target"}},
		"a field of another's spec":  {head + "kind: Vet\nspec: {images: {}}\n", []string{"error[unknown-field] Vet/web spec.images: the kind Vet has no field spec.images; it has spec.emit, target"}},
		"each of two":                {head + "kind: Pin\na: 1\nspec: {b: 1}\n", []string{"error[unknown-field] Pin/web a: ", "error[unknown-field] Pin/web spec.b: "}},
		"a spec that is a text":      {head + "kind: Vet\nspec: x\n", []string{"error[wrong-type] Vet/web spec: this takes a map"}},
		"a kind that is unknown":     {head + "kind: Vett\n", []string{"error[not-a-spec] Vett/web kind: belay.sh/v1alpha1 Vett is not a function of belay; belay has App, "}},
		"a version that is unknown":  {"apiVersion: belay.sh/v1\nkind: Vet\nmetadata: {name: web}\n", []string{"error[not-a-spec] Vet/web kind: belay.sh/v1 Vet is not a function"}},
		"an App without a name":      {"apiVersion: belay.sh/v1alpha1\nkind: App\nspec: {}\n", []string{"error[missing-field] App/ metadata.name: "}},
		"a Render with all it takes": {head + "kind: Render\nspec: {path: a, target: b, app: [c], tags: {d: e}, cluster: mesh}\npins: {}\n", nil},
	} {
		t.Run(name, func(t *testing.T) {
			results := configOf(t, c.text).check()
			require.Len(t, results, len(c.want), "%v", results)
			for i, want := range c.want {
				assert.Contains(t, results[i].String(), want)
			}
		})
	}
}

func TestConfig_Texts(t *testing.T) {
	c := configOf(t, "spec: {list: [a, 1], map: {b: c, d: 2}, text: x, none: null}\n")
	assert.Equal(t, []string{"a", "1"}, c.texts("spec", "list"))
	assert.Equal(t, []string{"b=c", "d=2"}, c.texts("spec", "map"))
	assert.Empty(t, c.texts("spec", "none"))
	assert.Empty(t, c.texts("spec", "missing", "below"))
	assert.Equal(t, "x", c.text("spec", "text"))
	assert.Empty(t, c.text("spec", "none"))
}

func TestKustomization(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       kustomization
	}{
		"none":                      {"", "", kustomization{}},
		"a namespace":               {"kustomization.yaml", "namespace: team-a\n", kustomization{namespace: "team-a"}},
		"of another name":           {"Kustomization", "namespace: team-a\n", kustomization{namespace: "team-a"}},
		"transformers":              {"kustomization.yml", "transformers: [a.yaml]\n", kustomization{transforms: true}},
		"no transformers":           {"kustomization.yaml", "transformers: []\n", kustomization{}},
		"transformers of a text":    {"kustomization.yaml", "transformers: a\n", kustomization{}},
		"a namespace that is none":  {"kustomization.yaml", "namespace: \"Team A\"\n", kustomization{}},
		"what can't be read at all": {"kustomization.yaml", "a: [\n", kustomization{}},
	} {
		t.Run(name, func(t *testing.T) {
			opts := compiler.Options{}
			opts.Dir = t.TempDir()
			if c.file != "" {
				require.NoError(t, os.WriteFile(filepath.Join(opts.Dir, c.file), []byte(c.text), 0o644))
			}
			call := &call{opts: opts, config: configOf(t, "metadata: {}\n")}
			assert.Equal(t, c.want, call.kustomization())
			assert.Equal(t, c.want.namespace, call.hostNamespace())
			call.config = configOf(t, "metadata: {namespace: own}\n")
			assert.Equal(t, "own", call.hostNamespace(), "that of the configuration goes before")
		})
	}
}

// TestCall_WarnOfMoves warns of each object that a namespace moves, unless a
// transformer may put it back.
func TestCall_WarnOfMoves(t *testing.T) {
	objects := []ir.Object{{Kind: "Service", Namespace: "team-a", Name: "web"}, {Kind: "AuthorizationPolicy", Namespace: "knative-serving", Name: "team-a.web"}, {Kind: "ClusterDomainClaim", Name: "a.example.com"}}
	for text, want := range map[string]int{"namespace: team-a\n": 1, "namespace: team-b\n": 2, "namespace: team-a\ntransformers: [a.yaml]\n": 0, "resources: []\n": 0} {
		opts := compiler.Options{}
		opts.Dir = t.TempDir()
		require.NoError(t, os.WriteFile(filepath.Join(opts.Dir, "kustomization.yaml"), []byte(text), 0o644))
		call := &call{opts: opts, config: configOf(t, "kind: App\nmetadata: {name: web}\n")}
		call.warnOfMoves(objects)
		assert.Len(t, call.results, want, text)
		for _, r := range call.results {
			assert.Equal(t, diag.Warning, r.Severity)
		}
	}
}

// TestCall_Place puts objects where items of the same identity are, and leaves out the
// configuration, which kustomize passes as the only item.
func TestCall_Place(t *testing.T) {
	const configuration = "apiVersion: belay.sh/v1alpha1\nkind: App\nmetadata: {name: web}\n"
	object := ir.Object{APIVersion: "v1", Kind: "Secret", Name: "a", Namespace: "shop", JSON: []byte(`{"apiVersion":"v1","kind":"Secret","metadata":{"name":"a","namespace":"shop"}}`), FileKey: ir.FileKey{Namespace: "shop", App: "web"}}
	for name, c := range map[string]struct {
		items, want []string
	}{
		"none":                    {nil, []string{"Secret/a"}},
		"the configuration alone": {[]string{configuration}, []string{"Secret/a"}},
		"others":                  {[]string{configuration, "{apiVersion: v1, kind: Secret, metadata: {name: b}}"}, []string{"App/web", "Secret/b", "Secret/a"}},
		"the same object":         {[]string{"{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: shop}}", "{apiVersion: v1, kind: Secret, metadata: {name: b}}"}, []string{"Secret/a", "Secret/b"}},
		"of another namespace":    {[]string{"{apiVersion: v1, kind: Secret, metadata: {name: a, namespace: team}}", configuration}, []string{"Secret/a", "App/web", "Secret/a"}},
	} {
		t.Run(name, func(t *testing.T) {
			call := &call{config: configOf(t, configuration)}
			for _, text := range c.items {
				item, err := yaml.Parse(text)
				require.NoError(t, err)
				call.items = append(call.items, item)
			}
			require.NoError(t, call.place([]ir.Object{object}))
			var found []string
			for _, item := range call.items {
				found = append(found, item.GetKind()+"/"+item.GetName())
			}
			assert.Equal(t, c.want, found)
		})
	}
}
