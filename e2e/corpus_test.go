package e2e

import (
	"bufio"
	"context"
	"encoding/json"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/apis/meta/v1/unstructured"

	"github.com/belay-sh/belay/e2e/cluster"
	"github.com/belay-sh/belay/e2e/judge"
	"github.com/belay-sh/belay/internal/ir"
)

// TestCorpus_OwnSettings applies the cases for clusters with settings of their
// own, each lot to a cluster that has them.
func TestCorpus_OwnSettings(t *testing.T) {
	lots := map[string][]bundle{}
	for _, b := range bundles(t) {
		if len(b.settings) > 0 && !exceptions[b.name].skipped {
			key, err := json.Marshal(b.settings)
			require.NoError(t, err)
			lots[string(key)] = append(lots[string(key)], b)
		}
	}
	for _, key := range ir.Sorted(lots) {
		lot := lots[key]
		t.Run(lot[0].name, func(t *testing.T) {
			restore, err := control.Set(t.Context(), lot[0].settings)
			require.NoError(t, err)
			t.Cleanup(func() { require.NoError(t, restore(context.Background())) })
			t.Run("cases", func(t *testing.T) { applyAll(t, lot) })
			// What these settings allow can't be removed without them: the webhook
			// refuses every update of it, that of its finalizers too.
			removeLeavings(t, lot)
		})
	}
}

// TestCorpus applies all other cases.
func TestCorpus(t *testing.T) {
	var stock []bundle
	for _, b := range bundles(t) {
		if len(b.settings) == 0 && !exceptions[b.name].skipped {
			stock = append(stock, b)
		}
	}
	applyAll(t, stock)
}

func applyAll(t *testing.T, lot []bundle) {
	for _, b := range lot {
		t.Run(b.name, func(t *testing.T) {
			t.Parallel()
			claim(t, slices.Concat(b.objects, b.history()))
			b.prepare(t)
			b.dryRun(t)
			b.apply(t)
			if why := exceptions[b.name].unready; why != "" {
				b.awaitUnready(t, why)
			} else {
				b.awaitReady(t)
			}
			b.compare(t)
			b.applyAgain(t)
		})
	}
}

// prepare makes what the bundle relies on.
func (b bundle) prepare(t *testing.T) {
	for _, u := range slices.Concat(b.needs(), b.history()) {
		_, err := control.Apply(t.Context(), u, "e2e", false)
		require.NoError(t, err, cluster.Name(u))
	}
}

// dryRun asks the server what it would say to each object, and keeps nothing.
func (b bundle) dryRun(t *testing.T) {
	for _, u := range b.objects {
		_, err := control.Apply(t.Context(), u, "belay", true)
		assert.NoError(t, err, "dry run of %s", cluster.Name(u))
	}
	if t.Failed() {
		t.FailNow()
	}
	counts.admitted.Add(int64(len(b.objects)))
}

// apply applies the kustomizations as users do.
func (b bundle) apply(t *testing.T) {
	for _, dir := range b.dirs {
		_, err := control.Kubectl(t.Context(), "apply", "-k", dir)
		require.NoError(t, err)
	}
}

// awaitReady waits until the objects are Ready, with the split that they
// declare.
func (b bundle) awaitReady(t *testing.T) {
	for _, u := range b.ofKnative() {
		eventually(t, 30*time.Second, func(ctx context.Context) string {
			live, err := control.Get(ctx, u)
			if err != nil {
				return err.Error()
			}
			if why := judge.Unready(live); why != "" {
				return cluster.Name(u) + " is " + why
			}
			return ""
		})
		assertSplit(t, u)
	}
	counts.ready.Add(int64(len(b.ofKnative())))
}

// awaitUnready waits until one of the objects is not Ready for the reason given.
func (b bundle) awaitUnready(t *testing.T, reason string) {
	eventually(t, 30*time.Second, func(ctx context.Context) string {
		for _, u := range b.ofKnative() {
			live, err := control.Get(ctx, u)
			if err != nil {
				return err.Error()
			}
			if strings.Contains(judge.Unready(live), reason) {
				return ""
			}
		}
		return "nothing is unready by " + reason
	})
}

// assertSplit compares the split in an object's status with that in its spec.
func assertSplit(t *testing.T, u *unstructured.Unstructured) {
	live, err := control.Get(t.Context(), u)
	require.NoError(t, err)
	declared, err := judge.Declared(u, func(configuration string) (string, error) { return latestReady(t, u, configuration) })
	require.NoError(t, err)
	assert.Equal(t, declared, judge.Reported(live), "the split of %s", cluster.Name(u))
}

// latestReady is the newest revision of a Configuration, or of the Service
// itself.
func latestReady(t *testing.T, u *unstructured.Unstructured, configuration string) (string, error) {
	of := u
	if configuration != "" {
		of = &unstructured.Unstructured{}
		of.SetGroupVersionKind(u.GroupVersionKind().GroupVersion().WithKind("Configuration"))
		of.SetNamespace(u.GetNamespace())
		of.SetName(configuration)
	}
	live, err := control.Get(t.Context(), of)
	if err != nil {
		return "", err
	}
	name, _, err := unstructured.NestedString(live.Object, "status", "latestReadyRevisionName")
	return name, err
}

// compare holds that what is stored is what was applied. The namespace that
// Knative is in has labels of its install here, too.
func (b bundle) compare(t *testing.T) {
	for _, u := range b.objects {
		if u.GetKind() == "Namespace" && u.GetName() == cluster.ServingNamespace {
			continue
		}
		live, err := control.Get(t.Context(), u)
		require.NoError(t, err)
		var added []string
		if u.GetKind() == "Service" {
			added = exceptions[b.name].added
		}
		assert.Empty(t, judge.Drift(u, live, added...), "%s is not stored as it was applied", cluster.Name(u))
	}
}

// applyAgain applies all once more, as the same user and server-side as another
// field manager: both change nothing.
func (b bundle) applyAgain(t *testing.T) {
	for _, dir := range b.dirs {
		out, err := control.Kubectl(t.Context(), "apply", "-k", dir)
		require.NoError(t, err)
		for lines := bufio.NewScanner(strings.NewReader(out)); lines.Scan(); {
			assert.True(t, strings.HasSuffix(lines.Text(), " unchanged"), lines.Text())
		}
	}
	for _, u := range b.objects {
		before, err := control.Get(t.Context(), u)
		require.NoError(t, err)
		after, err := control.Apply(t.Context(), u, "another", false)
		require.NoError(t, err, "applying %s again, as another manager", cluster.Name(u))
		assert.Equal(t, before.GetGeneration(), after.GetGeneration(), cluster.Name(u))
		assert.Empty(t, judge.Drift(judge.Stored(before), after), cluster.Name(u))
	}
	counts.unchanged.Add(int64(len(b.objects)))
}
