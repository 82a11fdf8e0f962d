package e2e

import (
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/e2e/cluster"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/ir"
)

// bundle is a case of the corpus as it is committed. A case for several targets
// is a bundle for each, since each is for a cluster of its own.
type bundle struct {
	name     string   // of the case, and below it that of the target if it has one
	dirs     []string // of its kustomizations
	objects  []*unstructured.Unstructured
	settings map[string]map[string]string // what its target's cluster has set, by ConfigMap and key
}

// bundles are those of the cases that have objects.
func bundles(t *testing.T) (all []bundle) {
	t.Helper()
	fixtures, err := golden.Fixtures("../fixtures")
	require.NoError(t, err)
	for _, f := range fixtures {
		dir := filepath.Join("../golden", filepath.FromSlash(f.Name))
		if len(kustomizations(t, dir)) == 0 {
			continue
		}
		opts := compiler.Options{Options: load.Options{CUE: cuelang.Language{}, Dir: f.Dir, Tags: f.Tags}, Policy: f.Policy}
		run, diags, err := compiler.CompileAll(t.Context(), f.Paths, opts)
		require.NoError(t, err)
		require.False(t, diags.HasErrors(), "%s: %v", f.Name, diags)
		for _, m := range run.Bundles {
			b := bundle{name: path.Join(f.Name, m.Target)}
			b.read(t, filepath.Join(dir, m.Target))
			if len(b.objects) == 0 {
				continue
			}
			if !b.isPlatform() {
				opts.Target = m.Target
				b.settings = settingsOf(t, f.Paths, opts)
			}
			all = append(all, b)
		}
	}
	require.NotEmpty(t, all)
	return all
}

func bundleNamed(t *testing.T, name string) bundle {
	t.Helper()
	all := bundles(t)
	i := slices.IndexFunc(all, func(b bundle) bool { return b.name == name })
	require.GreaterOrEqual(t, i, 0, "no case %s", name)
	return all[i]
}

// read reads the objects of the kustomizations below a directory. One that is
// for both clusters of a separate mesh is read once.
func (b *bundle) read(t *testing.T, dir string) {
	t.Helper()
	seen := map[string]bool{}
	for _, path := range kustomizations(t, dir) {
		b.dirs = append(b.dirs, filepath.Dir(path))
		for _, u := range resources(t, path) {
			if name := u.GetAPIVersion() + cluster.Name(u); !seen[name] {
				seen[name] = true
				b.objects = append(b.objects, u)
			}
		}
	}
}

// kustomizations are the files of that name below a directory, or none if it
// does not exist.
func kustomizations(t *testing.T, dir string) (paths []string) {
	t.Helper()
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Name() == "kustomization.yaml" {
			paths = append(paths, path)
		}
		return err
	})
	if !os.IsNotExist(err) {
		require.NoError(t, err)
	}
	return paths
}

// resources are the objects of the files that a kustomization names; files at
// URLs are left out.
func resources(t *testing.T, kustomization string) (all []*unstructured.Unstructured) {
	t.Helper()
	data, err := os.ReadFile(kustomization)
	require.NoError(t, err)
	var k struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal(data, &k))
	for _, file := range k.Resources {
		if strings.Contains(file, "://") {
			continue
		}
		data, err := os.ReadFile(filepath.Join(filepath.Dir(kustomization), filepath.FromSlash(file)))
		require.NoError(t, err)
		objects, err := cluster.Objects(data)
		require.NoError(t, err, file)
		all = append(all, objects...)
	}
	return all
}

// isPlatform reports whether the bundle installs Knative: the settings of its
// target are in its own objects.
func (b bundle) isPlatform() bool {
	return slices.ContainsFunc(b.objects, func(u *unstructured.Unstructured) bool { return u.GetKind() == "KnativeServing" })
}

// settingsOf are the settings that the target of specs declares. Those of
// net-istio, which is not here, are left out.
func settingsOf(t *testing.T, specs []string, opts compiler.Options) map[string]map[string]string {
	t.Helper()
	checked, _, err := compiler.Check(t.Context(), specs, opts)
	require.NoError(t, err)
	settings := map[string]map[string]string{}
	for _, spec := range checked {
		for _, name := range ir.Sorted(spec.Target.Config) {
			if name != "istio" && len(spec.Target.Config[name]) > 0 {
				settings[name] = spec.Target.Config[name]
			}
		}
		if spec.Target.Domain != "" && spec.Target.Domain != cluster.Domain {
			settings["domain"] = map[string]string{spec.Target.Domain: ""}
		}
	}
	return settings
}

// namespaces are those that the bundle's objects lie in and that are not there
// in every cluster.
func (b bundle) namespaces() (names []string) {
	for _, u := range b.objects {
		if n := u.GetNamespace(); n != "" && n != "default" {
			names = append(names, n)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// ofKnative are the objects that Knative reports the readiness of.
func (b bundle) ofKnative() (all []*unstructured.Unstructured) {
	for _, u := range b.objects {
		if u.GroupVersionKind().Group == "serving.knative.dev" {
			all = append(all, u)
		}
	}
	return all
}
