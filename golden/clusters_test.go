package golden_test

import (
	"bytes"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

// TestCorpus_EveryObjectGoesToOneCluster renders every bundle as for two clusters,
// and reads it back: a Namespace goes to both, any other object to the one
// that its API belongs to, and none is lost.
func TestCorpus_EveryObjectGoesToOneCluster(t *testing.T) {
	for _, f := range fixtures(t) {
		_, m, diags := f.compile(t)
		if diags.HasErrors() {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			clusters := map[string][]ir.Cluster{}
			for _, cluster := range []ir.Cluster{ir.Dataplane, ir.Mesh} {
				for _, key := range listed(t, render.Bundle(m, cluster), string(cluster)) {
					clusters[key] = append(clusters[key], cluster)
				}
			}
			assert.Len(t, clusters, len(m.Objects))
			for _, o := range m.Objects {
				want := []ir.Cluster{ir.Dataplane}
				switch group, _, _ := strings.Cut(o.APIVersion, "/"); {
				case o.Kind == "Namespace":
					want = []ir.Cluster{ir.Dataplane, ir.Mesh}
				case strings.HasSuffix(group, "istio.io"):
					want = []ir.Cluster{ir.Mesh}
				}
				assert.Equal(t, want, clusters[key(o.Kind, o.Namespace, o.Name)], "%s %s", o.Kind, o.Name)
			}
		})
	}
}

// listed are the keys of the objects in the files that the kustomization of a cluster lists.
func listed(t *testing.T, files []render.File, dir string) (keys []string) {
	t.Helper()
	contents := map[string][]byte{}
	for _, f := range files {
		contents[f.Path] = f.Data
	}
	var kustomization struct{ Resources []string }
	require.NoError(t, yaml.Unmarshal(contents[path.Join(dir, "kustomization.yaml")], &kustomization))
	local := slices.DeleteFunc(kustomization.Resources, func(r string) bool { return strings.HasPrefix(r, "https://") })
	assert.Len(t, local, len(files)-1, "the kustomization lists all other files")
	for _, name := range local {
		data, ok := contents[path.Join(dir, name)]
		require.True(t, ok, name)
		for document := range bytes.SplitSeq(data, []byte("\n---\n")) {
			var o struct {
				Kind     string
				Metadata struct{ Namespace, Name string }
			}
			require.NoError(t, yaml.Unmarshal(document, &o))
			keys = append(keys, key(o.Kind, o.Metadata.Namespace, o.Metadata.Name))
		}
	}
	return keys
}
