package overlay

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/target"
)

func TestNames(t *testing.T) {
	n := newNames(parse(t, `{apiVersion: serving.knative.dev/v1, kind: Route, metadata: {name: o-web, namespace: team, labels: {app.kubernetes.io/managed-by: belay}, annotations: {internal.config.kubernetes.io/previousNames: "web,x-web", internal.config.kubernetes.io/previousNamespaces: "shop,team"}}, spec: {traffic: [{revisionName: old}]}}
---
{apiVersion: serving.knative.dev/v1, kind: Route, metadata: {name: web, namespace: other, labels: {app.kubernetes.io/managed-by: belay}, annotations: {internal.config.kubernetes.io/previousNamespaces: shop}}}
---
{apiVersion: v1, kind: ConfigMap, metadata: {name: a, namespace: team, annotations: {internal.config.kubernetes.io/previousNames: a}}}
---
{apiVersion: v1, kind: Namespace, metadata: {name: team, annotations: {internal.config.kubernetes.io/previousNamespaces: shop}}}
`), target.Default())
	route := func(namespace, name string) identity { return identity{servingGroup, "Route", namespace, name} }

	assert.Equal(t, "o-web", n.renamedTo(route("team", "web")))
	assert.Equal(t, "o-web", n.renamedTo(route("team", "x-web")))
	assert.Empty(t, n.renamedTo(route("team", "o-web")), "the present name")
	assert.Empty(t, n.renamedTo(route("other", "web")), "an object has the name now")
	assert.Empty(t, n.renamedTo(route("team", "api")))
	assert.Empty(t, n.renamedTo(identity{"", "ConfigMap", "team", "a"}), "kustomize notes names that stay, too")

	now, ok := n.movedTo(route("shop", "web"), "team")
	assert.True(t, ok)
	assert.Equal(t, route("team", "o-web"), now, "of two, the one in the namespace of the referrer")
	now, ok = n.movedTo(route("shop", "web"), "other")
	assert.True(t, ok)
	assert.Equal(t, route("other", "web"), now)
	_, ok = n.movedTo(route("shop", "web"), "third")
	assert.False(t, ok, "one of two")
	_, ok = n.movedTo(route("team", "o-web"), "team")
	assert.False(t, ok, "it has not moved")
	now, ok = n.movedTo(identity{servingGroup, "Revision", "shop", "old"}, "third")
	require.True(t, ok, "a revision moves with its app")
	assert.Equal(t, "team", now.namespace)

	assert.Equal(t, "team", n.namespaceNow("shop", "team"))
	assert.Empty(t, n.namespaceNow("shop", "third"), "in two namespaces")
	assert.Empty(t, n.namespaceNow("team", "team"), "apps that have not moved")
	assert.True(t, n.hasServing("other", "web"))
	assert.False(t, n.hasServing("shop", "web"))
}

func TestReferencesIn(t *testing.T) {
	objects := parse(t, `apiVersion: serving.knative.dev/v1
kind: Service
metadata: {name: web, namespace: shop}
spec:
  template:
    spec:
      serviceAccountName: runner
      containers:
      - {env: [{name: A, valueFrom: {configMapKeyRef: {name: settings, key: a}}}, {name: B, value: settings}]}
      - {envFrom: [{secretRef: {name: token}}]}
      volumes: [{name: settings, configMap: {name: files}}]
---
{apiVersion: v1, kind: Service, metadata: {name: db}, spec: {template: {spec: {serviceAccountName: runner}}}}
`)
	var found []string
	for _, r := range referencesIn(objects[0]) {
		found = append(found, r.rule.Kind+" "+r.path+" "+r.node.Value)
	}
	assert.ElementsMatch(t, []string{
		"ConfigMap spec.template.spec.containers.env.valueFrom.configMapKeyRef.name settings",
		"ConfigMap spec.template.spec.volumes.configMap.name files",
		"Secret spec.template.spec.containers.envFrom.secretRef.name token",
		"ServiceAccount spec.template.spec.serviceAccountName runner",
	}, found)
	assert.Empty(t, referencesIn(objects[1]), "a Service of Kubernetes")
}
