package e2e

import (
	"bytes"
	"context"
	"flag"
	"fmt"
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
	"github.com/belay-sh/belay/e2e/judge"
	"github.com/belay-sh/belay/golden/specgen"
	"github.com/belay-sh/belay/internal/target"
)

var randomSpecs = flag.Int("random", 200, "how many specs TestRandomSpecs applies")

// TestRandomSpecs applies specs drawn at random, those that belay takes: the server
// admits what they compile to, stores it as it is, and leaves it alone when it
// is applied again. All flags are on, since each spec asks for some.
func TestRandomSpecs(t *testing.T) {
	flags := map[string]string{}
	for _, key := range target.Default().Settings("features") {
		if strings.HasPrefix(key, "kubernetes.") || strings.HasPrefix(key, "multi-container") {
			flags[key] = "enabled"
		}
	}
	restore, err := control.Set(t.Context(), map[string]map[string]string{"features": flags})
	require.NoError(t, err)
	t.Cleanup(func() { require.NoError(t, restore(context.Background())) })

	t.Run("specs", func(t *testing.T) {
		applied := 0
		for seed := 0; applied < *randomSpecs; seed++ {
			b, ok := randomBundle(t, seed)
			if !ok {
				continue
			}
			applied++
			t.Run(b.name, func(t *testing.T) {
				t.Parallel()
				b.prepare(t)
				b.dryRun(t)
				b.applyTwice(t)
			})
		}
	})
}

// randomBundle compiles the spec of a seed, in a namespace and with domains of
// its own. ok is false if belay finds fault with it.
func randomBundle(t *testing.T, seed int) (b bundle, ok bool) {
	t.Helper()
	b.name = fmt.Sprintf("random-%d", seed)
	doc := specgen.Released().Example(seed)
	for _, field := range []string{"platform", "argocd", "namespaces"} {
		delete(doc, field)
	}
	apps, _ := doc["apps"].(map[string]any)
	for _, app := range apps {
		app.(map[string]any)["namespace"] = b.name
	}
	dir := t.TempDir()
	spec := bytes.ReplaceAll(doc.CUE(), []byte(".example."), fmt.Appendf(nil, ".s%d.example.", seed))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "app.cue"), spec, 0o644))
	m, diags, err := compiler.Compile(t.Context(), []string{"."}, compiler.Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}})
	require.NoError(t, err)
	if diags.HasErrors() {
		return b, false
	}
	for _, o := range m.Objects {
		u := &unstructured.Unstructured{}
		require.NoError(t, u.UnmarshalJSON(o.JSON))
		b.objects = append(b.objects, u)
	}
	return b, len(b.objects) > 0
}

// applyTwice applies the objects server-side, as one manager and as another.
func (b bundle) applyTwice(t *testing.T) {
	for _, u := range b.objects {
		_, err := control.Apply(t.Context(), u, "belay", false)
		require.NoError(t, err, cluster.Name(u))
	}
	for _, u := range b.objects {
		before, err := control.Get(t.Context(), u)
		require.NoError(t, err)
		assert.Empty(t, judge.Drift(u, before), "%s is not stored as it was applied", cluster.Name(u))
		after, err := control.Apply(t.Context(), u, "another", false)
		require.NoError(t, err, "applying %s again, as another manager", cluster.Name(u))
		assert.Equal(t, before.GetGeneration(), after.GetGeneration(), cluster.Name(u))
		assert.Empty(t, judge.Drift(judge.Stored(before), after), cluster.Name(u))
	}
	counts.unchanged.Add(int64(len(b.objects)))
}
