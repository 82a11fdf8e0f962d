package overlay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

func TestFinalize(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		has    string // what the objects have afterwards
		want   []string
	}{
		"a digest": {edited(t, service, "@"+digest, ":v1"), `belay.sh/images: '{"user-container":"registry.example.com/web:v1"}'`, nil},
		"an image that is not in the lock": {edited(t, service, "@"+digest, ":v2"), "web:v2", []string{
			"error[missing-pin] Service/web spec.template.spec.containers[0].image: the image registry.example.com/web:v2 has lost its digest, and the lock has none for it"}},
		"the label of the pods": {edited(t, service, ", belay.sh/app: web", ""), "belay.sh/app: web", []string{
			"warning[lost-label] Service/web spec.template.metadata.labels: the template has its label belay.sh/app again"}},
		"the label of the manager": {edited(t, service, "app.kubernetes.io/managed-by: belay, ", ""), "app.kubernetes.io/managed-by: 'belay'", []string{
			"warning[lost-label] Service/web metadata.labels: the label app.kubernetes.io/managed-by is back"}},
		"the name of the app, from the pods": {edited(t, service, "labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}", "labels: {app.kubernetes.io/managed-by: belay}"), "app.kubernetes.io/name: web", []string{
			"warning[lost-label] Service/web metadata.labels: the label app.kubernetes.io/name is back"}},
		"a manager that the overlay sets": {edited(t, service, "managed-by: belay", "managed-by: team"), "managed-by: team", nil},
		"the annotation":                  {edited(t, service, "annotations: {belay.sh/spec: v1alpha1}", "annotations: {}"), "belay.sh/spec: 'v1alpha1'", nil},
		"a selector, of commonLabels": {edited(t, service, "spec:\n  template", "spec:\n  selector: {a: b}\n  template"), "spec:\n  template", []string{
			"warning[foreign-field] Service/web spec.selector: a Knative Service has no selector; it is dropped. Use labels in place of commonLabels"}},
		"an object of another's": {edited(t, service, "app.kubernetes.io/managed-by: belay, ", "", "annotations: {belay.sh/spec: v1alpha1}", "annotations: {}", "@"+digest, ":v1"), "web:v1", nil},
	} {
		t.Run(name, func(t *testing.T) {
			out, found := finalized(t, c.stream)
			assert.ElementsMatch(t, c.want, found)
			assert.Contains(t, out, c.has)
			if len(c.want) == 0 || strings.HasPrefix(c.want[0], "warning") {
				again, found := finalized(t, out)
				assert.Empty(t, found, "once more, there is nothing to repair")
				assert.Equal(t, out, again)
			}
		})
	}
}

// TestFinalize_RevisionNames computes the name of a template anew; traffic to it
// follows, and its other revisions stay.
func TestFinalize_RevisionNames(t *testing.T) {
	named := edited(t, service, "template:\n    metadata:", "template:\n    metadata:\n      name: web-new-00000000",
		"{latestRevision: true, percent: 100}", "{revisionName: web-new-00000000, percent: 50}\n  - {revisionName: web-old-11111111, percent: 50}")
	objects := parse(t, named)
	_, err := Finalize(objects, target.Default(), pin.NewLock())
	require.NoError(t, err)
	name := yaml.GetValue(field(objects[0], "spec", "template", "metadata", "name"))
	assert.Regexp(t, `^web-new-[0-9a-f]{8}$`, name)
	assert.NotEqual(t, "web-new-00000000", name)
	assert.Contains(t, text(t, objects), "revisionName: "+name)
	assert.Contains(t, text(t, objects), "revisionName: web-old-11111111")

	t.Run("an unchanged template", func(t *testing.T) {
		_, found := finalized(t, text(t, objects))
		assert.Empty(t, found)
	})
	t.Run("another content", func(t *testing.T) {
		_, found := finalized(t, edited(t, text(t, objects), "user-container", "main"))
		require.Len(t, found, 1)
		assert.Regexp(t, `^warning\[lost-name\] Service/web .*its revision is called web-new-[0-9a-f]{8}, not `+name+`$`, found[0])
	})
	t.Run("a name that belay did not compute", func(t *testing.T) {
		out, found := finalized(t, edited(t, named, "web-new-00000000", "web-mine"))
		assert.Empty(t, found)
		assert.Contains(t, out, "name: web-mine")
	})
	t.Run("a Service that an overlay renames", func(t *testing.T) {
		out, found := finalized(t, edited(t, named, "  name: web\n", "  name: o-web\n", "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNames: web"))
		assert.Regexp(t, `name: o-web-new-[0-9a-f]{8}`, out)
		assert.Contains(t, found, "error[lost-reference] Service/o-web spec.traffic.revisionName: the revision web-old-11111111 belongs to a Service of another name")
	})
}

// TestFinalize_Namespaces moves an app to another namespace, as kustomize's namespace
// does: all objects, and no field that names a namespace.
func TestFinalize_Namespaces(t *testing.T) {
	const metadata = `
  labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}
  annotations: {belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNamespaces: FROM}
`
	objectsOf := func(namespace string) string {
		moved := edited(t, service, "namespace: shop", "namespace: "+namespace, "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNamespaces: shop")
		policy := strings.NewReplacer("FROM", "knative-serving").Replace(`---
apiVersion: security.istio.io/v1
kind: AuthorizationPolicy
metadata:
  name: shop.web
  namespace: ` + namespace + metadata + `spec:
  action: DENY
  selector: {matchLabels: {app: activator}}
  rules:
  - from: [{source: {notNamespaces: [jobs]}}]
    when:
    - {key: "request.headers[Knative-Serving-Namespace]", values: [shop, "shop,*"]}
    - {key: "request.headers[:authority]", values: ["*.shop.svc.cluster.local"]}
`)
		claim := strings.NewReplacer("FROM", "shop").Replace(`---
apiVersion: networking.internal.knative.dev/v1alpha1
kind: ClusterDomainClaim
metadata:
  name: shop.example.com
  namespace: ` + namespace + metadata + `spec: {namespace: shop}
`)
		return moved + policy + claim
	}
	out, found := finalized(t, objectsOf("team"))
	assert.Equal(t, []string{"warning[lost-reference] AuthorizationPolicy/shop.web metadata.namespace: it is in knative-serving again, where it belongs whatever namespace the apps are in"}, found)
	assert.Contains(t, out, "namespace: knative-serving")
	assert.Contains(t, out, "name: team.web")
	assert.Contains(t, out, `values: [team, "team,*"]`)
	assert.Contains(t, out, `"*.team.svc.cluster.local"`)
	assert.Contains(t, out, "spec: {namespace: team}")
	assert.NotContains(t, out, "namespace: shop")

	t.Run("to two namespaces at once", func(t *testing.T) {
		_, found := finalized(t, objectsOf("team")+"---\n"+edited(t, service, "name: web\n", "name: api\n", "namespace: shop", "namespace: other", "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNamespaces: shop"))
		assert.NotContains(t, strings.Join(found, "\n"), "error", "the policy is in one of them")
	})
	t.Run("Vet reports each", func(t *testing.T) {
		found := strings.Join(vetted(t, objectsOf("team")), "\n")
		assert.Contains(t, found, "error[lost-reference] AuthorizationPolicy/shop.web metadata.namespace: this AuthorizationPolicy belongs in namespace knative-serving, and is in team")
		assert.Contains(t, found, "error[lost-reference] AuthorizationPolicy/shop.web spec.rules.when.values: shop is a namespace that the app is in no longer")
		assert.Contains(t, found, "error[lost-reference] ClusterDomainClaim/shop.example.com spec.namespace: shop is a namespace that the app is in no longer")
	})
}
