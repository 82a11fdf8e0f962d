package golden_test

import (
	"context"
	"encoding/json"
	"fmt"
	"path"
	"path/filepath"
	"reflect"
	"strings"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime"
	"k8s.io/apimachinery/pkg/runtime/schema"
	"knative.dev/pkg/apis"
	"knative.dev/serving/pkg/apis/config"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"
	autoscalerconfig "knative.dev/serving/pkg/autoscaler/config"
	"sigs.k8s.io/kustomize/api/krusty"
	"sigs.k8s.io/kustomize/kyaml/filesys"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/render"
)

// webhookObject is what Knative's webhook does with an object.
type webhookObject interface {
	apis.Defaultable
	apis.Validatable
}

// webhookScheme has the types of Knative Serving.
var webhookScheme = sync.OnceValue(func() *runtime.Scheme {
	scheme := runtime.NewScheme()
	for _, add := range []func(*runtime.Scheme) error{servingv1.AddToScheme, servingv1beta1.AddToScheme} {
		if err := add(scheme); err != nil {
			panic(err)
		}
	}
	return scheme
})

// newWebhookObject is an empty object of a kind of Knative Serving; nil if
// another webhook, or none, sees objects of the kind.
func newWebhookObject(apiVersion, kind string) webhookObject {
	if !strings.HasPrefix(apiVersion, "serving.knative.dev/") {
		return nil
	}
	o, err := webhookScheme().New(schema.FromAPIVersionAndKind(apiVersion, kind))
	if err != nil {
		panic(err)
	}
	return o.(webhookObject)
}

// TestCorpus_UpstreamLeavesItAlone runs what the webhook runs on the YAML as
// committed: defaulting changes nothing and validation reports nothing. belay has
// defaulted and validated the objects with the same code already. What this adds is
// the way to YAML and back, and a second reading of the target's settings; whether a
// cluster accepts the objects is tested in e2e, by a real API server.
func TestCorpus_UpstreamLeavesItAlone(t *testing.T) {
	for _, f := range fixtures(t) {
		_, m, diags := f.compile(t)
		if diags.HasErrors() {
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			ctx := webhookContext(t, f.target(t))
			for _, o := range m.Objects {
				assert.Empty(t, webhookFindings(t, ctx, o), "%s %s", o.Kind, o.Name)
			}
		})
	}
}

// TestReplay_EachStepFollowsTheLast runs what the webhook runs on updates: the
// sequence for an empty cluster never changes a template under its name.
func TestReplay_EachStepFollowsTheLast(t *testing.T) {
	dir, err := filepath.Abs("../fixtures/rollback-b")
	require.NoError(t, err)
	f := fixture{Fixture: golden.Fixture{Dir: dir, Paths: []string{"."}, Replay: true}}
	_, m, diags := f.compile(t)
	require.Empty(t, diags)
	require.Len(t, m.Objects, 2)
	ctx := webhookContext(t, f.target(t))
	for _, o := range m.Objects {
		assert.Empty(t, webhookFindings(t, ctx, o))
		u := newWebhookObject(o.APIVersion, o.Kind)
		require.NoError(t, json.Unmarshal(o.JSON, u))
		ctx = apis.WithinUpdate(ctx, u)
	}
}

// target is the target of the fixture's first spec.
func (f fixture) target(t *testing.T) *target.Target {
	specs, _, err := compiler.Check(t.Context(), f.Paths, f.options(t))
	require.NoError(t, err)
	if len(specs) == 0 {
		return target.Default()
	}
	return specs[0].Target
}

// webhookContext carries a target's settings, read anew.
func webhookContext(t require.TestingT, at *target.Target) context.Context {
	settings := at.Config
	cfg := &config.Config{}
	var err error
	cfg.Defaults, err = config.NewDefaultsConfigFromMap(at.DefaultsSettings())
	require.NoError(t, err)
	cfg.Features, err = config.NewFeaturesConfigFromMap(settings["features"])
	require.NoError(t, err)
	cfg.Autoscaler, err = autoscalerconfig.NewConfigFromMap(settings["autoscaler"])
	require.NoError(t, err)
	return apis.WithinCreate(config.ToContext(context.Background(), cfg))
}

// webhookFindings is what Knative's webhook refuses of an object, or changes.
func webhookFindings(t require.TestingT, ctx context.Context, o ir.Object) (findings []string) {
	u := newWebhookObject(o.APIVersion, o.Kind)
	if u == nil {
		return nil
	}
	require.NoError(t, json.Unmarshal(o.JSON, u))
	u.SetDefaults(ctx)
	if err := u.Validate(ctx).Filter(apis.ErrorLevel); err != nil {
		findings = append(findings, err.Error())
	}
	var before map[string]any
	require.NoError(t, json.Unmarshal(o.JSON, &before))
	if after := manifest(t, u); !reflect.DeepEqual(before, after) {
		findings = append(findings, fmt.Sprintf("defaults change it from %v\nto %v", before, after))
	}
	return findings
}

// manifest is what a manifest has of an object: all but its status.
func manifest(t require.TestingT, u webhookObject) (o map[string]any) {
	data, err := json.Marshal(u)
	require.NoError(t, err)
	require.NoError(t, json.Unmarshal(data, &o))
	delete(o, "status")
	return o
}

// TestCorpus_KustomizeBuildsTheSameObjects builds every bundle with kustomize,
// each cluster of those for two.
func TestCorpus_KustomizeBuildsTheSameObjects(t *testing.T) {
	for _, f := range fixtures(t) {
		_, m, diags := f.compile(t)
		if diags.HasErrors() || m.Remote != nil { // kustomize would fetch
			continue
		}
		for _, cluster := range m.Clusters() {
			t.Run(path.Join(f.Name, string(cluster)), func(t *testing.T) { kustomizeBuilds(t, m, cluster) })
		}
	}
}

// kustomizeBuilds builds the part of a bundle for one cluster, and compares the objects.
func kustomizeBuilds(t *testing.T, m ir.Bundle, cluster ir.Cluster) {
	disk := filesys.MakeFsInMemory()
	for _, file := range render.Bundle(m, cluster) {
		require.NoError(t, disk.WriteFile("/bundle/"+file.Path, file.Data))
	}
	built, err := krusty.MakeKustomizer(krusty.MakeDefaultOptions()).Run(disk, path.Join("/bundle", string(cluster)))
	require.NoError(t, err)
	want := map[string]string{}
	for _, o := range cluster.Objects(m.Objects) {
		want[key(o.Kind, o.Namespace, o.Name)] = string(o.JSON)
	}
	assert.Len(t, built.Resources(), len(want))
	for _, r := range built.Resources() {
		data, err := r.AsYAML()
		require.NoError(t, err)
		data, err = yaml.YAMLToJSON(data)
		require.NoError(t, err)
		assert.JSONEq(t, want[key(r.GetKind(), r.GetNamespace(), r.GetName())], string(data))
	}
}

func key(kind, namespace, name string) string { return kind + " " + namespace + "/" + name }
