package install_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler/install"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// checked is a spec with a platform and settings of the cluster.
func checked(platform schema.Platform) *ir.Checked {
	t := target.Default()
	t.Domain = "example.com"
	t.Config = map[string]map[string]string{"gc": {"min-non-active-revisions": "2"}}
	node := &ir.Node{Kind: schema.Struct, Children: []*ir.Node{{Name: "manifests", Kind: schema.Struct}}}
	return &ir.Checked{Target: t, Node: &ir.Node{}, Platform: &ir.Platform{Spec: platform, Version: "1.23.0", Node: node}}
}

// objectsOf returns the objects of a bundle as YAML values, by kind and name.
func objectsOf(t *testing.T, objects []ir.Object) map[string]map[string]any {
	t.Helper()
	found := map[string]map[string]any{}
	for _, o := range objects {
		var value map[string]any
		require.NoError(t, yaml.Unmarshal(o.JSON, &value))
		found[o.Kind+" "+o.Name] = value
	}
	return found
}

// at is the value at a path of keys.
func at(value any, path ...string) any {
	for _, key := range path {
		m, _ := value.(map[string]any)
		value = m[key]
	}
	return value
}

// TestAdd_Namespaces makes an object of each namespace, for all clusters, except
// of the one that a release brings along.
func TestAdd_Namespaces(t *testing.T) {
	yes := true
	namespaces := []ir.Namespace{
		{Name: "shop", Spec: schema.Namespace{Labels: map[string]string{"team": "a"}, Inject: &yes}},
		{Name: ir.ServingNamespace, Spec: schema.Namespace{Revision: "1-31"}},
	}
	for name, c := range map[string]struct {
		platform *ir.Platform
		want     int
	}{
		"without a platform": {nil, 2},
		"with the operator":  {&ir.Platform{Spec: schema.Platform{Operator: true}, Node: &ir.Node{}}, 2},
		"with URLs":          {&ir.Platform{Node: &ir.Node{}}, 1},
	} {
		spec := checked(schema.Platform{})
		spec.Platform, spec.Namespaces = c.platform, namespaces
		var bundle ir.Bundle
		require.Empty(t, install.Add(spec, &bundle), name)
		found := 0
		for _, o := range bundle.Objects {
			if o.Kind == "Namespace" {
				found++
				assert.Equal(t, ir.AllClusters, o.Cluster)
			}
		}
		assert.Equal(t, c.want, found, name)
		assert.Equal(t, map[string]any{"app.kubernetes.io/managed-by": "belay", "istio-injection": "enabled", "team": "a"},
			at(objectsOf(t, bundle.Objects)["Namespace shop"], "metadata", "labels"), name)
	}
}

// TestAdd_Operator makes the object of Knative's operator, with the settings of
// the cluster.
func TestAdd_Operator(t *testing.T) {
	spec := checked(schema.Platform{Operator: true, Replicas: 3, MTLS: "strict"})
	spec.Namespaces = []ir.Namespace{{Name: ir.ServingNamespace, Spec: schema.Namespace{Revision: "1-31"}}}
	var bundle ir.Bundle
	require.Empty(t, install.Add(spec, &bundle))
	objects := objectsOf(t, bundle.Objects)
	serving := objects["KnativeServing knative-serving"]
	assert.Equal(t, "1.23.0", at(serving, "spec", "version"))
	assert.Equal(t, 3.0, at(serving, "spec", "high-availability", "replicas"))
	assert.Equal(t, "2", at(serving, "spec", "config", "gc", "min-non-active-revisions"))
	assert.Equal(t, map[string]any{"example.com": ""}, at(serving, "spec", "config", "domain"))
	assert.Equal(t, map[string]any{"istio.io/rev": "1-31"}, at(serving, "spec", "namespace", "labels"))
	assert.Equal(t, "STRICT", at(objects["PeerAuthentication default"], "spec", "mtls", "mode"))
	assert.Equal(t, "istio-system", at(objects["PeerAuthentication default"], "metadata", "namespace"))
}

// TestAdd_URLs leaves the manifests to kustomize, and patches the settings into
// them. The CRDs are in serving-core.yaml too.
func TestAdd_URLs(t *testing.T) {
	const base = "https://example.com/v1.23.0/"
	for _, c := range []struct{ urls, want []string }{
		{[]string{base + target.ServingCRDs, base + target.ServingCore}, []string{base + target.ServingCore}},
		{[]string{base + target.ServingCRDs}, []string{base + target.ServingCRDs}},
		{[]string{base + target.ServingCore, base + target.NetIstio}, []string{base + target.ServingCore, base + target.NetIstio}},
	} {
		var bundle ir.Bundle
		require.Empty(t, install.Add(checked(schema.Platform{URLs: c.urls}), &bundle))
		assert.Equal(t, c.want, bundle.Remote.URLs)
		patches := objectsOf(t, bundle.Remote.Patches)
		assert.Len(t, patches, 2)
		assert.Equal(t, "2", at(patches["ConfigMap config-gc"], "data", "min-non-active-revisions"))
		assert.Equal(t, map[string]any{"example.com": ""}, at(patches["ConfigMap config-domain"], "data"))
	}
}

const manifests = `
apiVersion: v1
kind: Namespace
metadata: {name: knative-serving, labels: {app.kubernetes.io/version: 1.23.0}}
---
# only a comment
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config-gc, namespace: knative-serving}
data: {_example: documentation}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: controller, namespace: knative-serving}
spec: {selector: {}}
---
apiVersion: apps/v1
kind: Deployment
metadata: {name: activator, namespace: knative-serving}
spec: {selector: {}}
---
apiVersion: autoscaling/v2
kind: HorizontalPodAutoscaler
metadata: {name: activator, namespace: knative-serving}
spec: {minReplicas: 1, maxReplicas: 20}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config-gc, namespace: knative-serving}
data: {_example: the same object once more}
---
apiVersion: v1
kind: ConfigMap
metadata: {name: config-domain, namespace: knative-serving}
`

// TestAdd_Manifests changes in the objects of a release what the spec says of
// the install, and nothing else.
func TestAdd_Manifests(t *testing.T) {
	spec := checked(schema.Platform{Manifests: &schema.Manifests{}, Replicas: 2})
	spec.Platform.Files = []ir.ReleaseFile{{ReleaseFile: target.ReleaseFile{Name: target.ServingCore}, Data: []byte(manifests)}}
	spec.Namespaces = []ir.Namespace{{Name: ir.ServingNamespace, Spec: schema.Namespace{Labels: map[string]string{"team": "a"}}}}
	var bundle ir.Bundle
	require.Empty(t, install.Add(spec, &bundle))
	objects := objectsOf(t, bundle.Objects)
	assert.Len(t, bundle.Objects, 6)
	assert.Equal(t, map[string]any{"_example": "documentation", "min-non-active-revisions": "2"}, at(objects["ConfigMap config-gc"], "data"))
	assert.Equal(t, map[string]any{"example.com": ""}, at(objects["ConfigMap config-domain"], "data"))
	assert.Equal(t, 2.0, at(objects["Deployment controller"], "spec", "replicas"))
	assert.Nil(t, at(objects["Deployment activator"], "spec", "replicas"), "an autoscaler sets it")
	assert.Equal(t, 2.0, at(objects["HorizontalPodAutoscaler activator"], "spec", "minReplicas"))
	assert.Equal(t, 21.0, at(objects["HorizontalPodAutoscaler activator"], "spec", "maxReplicas"))
	assert.Equal(t, map[string]any{"app.kubernetes.io/managed-by": "belay", "app.kubernetes.io/version": "1.23.0", "team": "a"},
		at(objects["Namespace knative-serving"], "metadata", "labels"))
}

// TestAdd_ManifestsLackConfigMap reports settings whose ConfigMap the release
// does not have, and objects that no release of Knative installs.
func TestAdd_ManifestsLackConfigMap(t *testing.T) {
	spec := checked(schema.Platform{Manifests: &schema.Manifests{}})
	spec.Platform.Files = []ir.ReleaseFile{{ReleaseFile: target.ReleaseFile{Name: target.ServingCore}, Data: []byte("apiVersion: v1\nkind: Namespace\nmetadata: {name: knative-serving}\n")}}
	var bundle ir.Bundle
	var codes []diag.Code
	for _, d := range install.Add(spec, &bundle) {
		codes = append(codes, d.Code)
	}
	assert.Equal(t, []diag.Code{diag.MissingComponent, diag.MissingComponent}, codes)

	spec.Platform.Files[0].Data = []byte("apiVersion: v1\nkind: Secret\nmetadata: {name: mine, namespace: knative-serving}\n")
	diags := install.Add(spec, &bundle)
	require.Len(t, diags, 1)
	assert.Equal(t, diag.ManifestMismatch, diags[0].Code)
	assert.Contains(t, diags[0].Message, "the Secret mine")
}
