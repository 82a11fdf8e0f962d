package overlay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

// TestMalformedObjects has objects whose fields are of other kinds than those of
// their types. None may crash, and those of Knative and Istio are reported.
func TestMalformedObjects(t *testing.T) {
	values := []string{"3", "[3]", "{a: 3}", "null", "[{a: [3]}]"}
	const own = "labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}"
	shapes := []string{
		"metadata: VALUE",
		"metadata: {name: VALUE, " + own + "}",
		"metadata: {name: web, namespace: VALUE, " + own + "}",
		"metadata: {name: web, annotations: VALUE, " + own + "}",
		"metadata: {name: web, annotations: {belay.sh/spec: VALUE, belay.sh/images: VALUE, belay.sh/policies: VALUE}}",
		"metadata: {name: web, annotations: {internal.config.kubernetes.io/previousNames: VALUE, internal.config.kubernetes.io/previousNamespaces: VALUE}, " + own + "}",
		"metadata: {name: web, labels: VALUE}",
		"metadata: {name: web, " + own + "}\nspec: VALUE",
		"metadata: {name: web, " + own + "}\nspec: {template: VALUE, traffic: VALUE, rules: VALUE, selector: VALUE, ref: VALUE}",
		"metadata: {name: web, " + own + "}\nspec: {template: {metadata: VALUE, spec: VALUE}, rules: [{when: VALUE, from: VALUE}], traffic: [VALUE]}",
		"metadata: {name: web, " + own + "}\nspec: {template: {metadata: {labels: VALUE, name: VALUE}, spec: {containers: VALUE}}, rules: [{when: [{key: VALUE, values: VALUE}]}], traffic: [{revisionName: VALUE, tag: VALUE}]}",
		"metadata: {name: web, " + own + "}\nspec: {template: {spec: {containers: [{image: VALUE, name: VALUE}]}}, selector: {matchLabels: VALUE}, workloadSelector: {labels: VALUE}}",
	}
	kinds := []string{
		"apiVersion: serving.knative.dev/v1\nkind: Service\n", "apiVersion: serving.knative.dev/v1\nkind: Route\n",
		"apiVersion: serving.knative.dev/v1beta1\nkind: DomainMapping\n", "apiVersion: serving.knative.dev/v9\nkind: Other\n",
		"apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\n", "apiVersion: networking.istio.io/v1\nkind: Gateway\n",
		"apiVersion: security.istio.io/v1\nkind: Other\n",
		"apiVersion: networking.internal.knative.dev/v1alpha1\nkind: ClusterDomainClaim\n", "apiVersion: v1\nkind: Service\n", "apiVersion: belay.sh/v1alpha1\nkind: App\n",
	}
	for _, kind := range kinds {
		for _, shape := range shapes {
			for _, value := range values {
				stream := kind + strings.ReplaceAll(shape, "VALUE", value) + "\n"
				assert.NotPanics(t, func() {
					_, _ = Vet(parse(t, stream+"---\n"+service), target.Default())
				}, stream)
				assert.NotPanics(t, func() {
					_, _ = Finalize(parse(t, stream+"---\n"+service), target.Default(), pin.NewLock())
				}, stream)
			}
		}
	}
}
