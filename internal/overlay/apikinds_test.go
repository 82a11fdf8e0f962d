package overlay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

// TestVet_Kinds has kinds and versions of the groups of Knative and Istio: no rule
// is applied to an object of one that is misspelt, so that it is reported.
func TestVet_Kinds(t *testing.T) {
	const code = "[unknown-value] "
	for object, want := range map[string]string{
		"serving.knative.dev/v1 Rout":                    `error` + code + "Rout/a kind: serving.knative.dev has no kind Rout",
		"serving.knative.dev/v1 service":                 `error` + code + "service/a kind: serving.knative.dev has no kind service",
		"serving.knative.dev/v1 Blueprint":               `warning` + code + "Blueprint/a kind: belay has no kind Blueprint of serving.knative.dev, and validates nothing in it",
		"serving.knative.dev/v7 Route":                   `error` + code + "Route/a apiVersion: Route has no version v7 in serving.knative.dev",
		"serving.knative.dev/ Route":                     `error` + code + "Route/a apiVersion: serving.knative.dev has no version",
		"serving.knative.dev Route":                      `error` + code + "Route/a apiVersion: serving.knative.dev has no version",
		"istio.io VirtualService":                        `error` + code + "VirtualService/a apiVersion: istio.io has no version",
		"security.istio.io/v9 AuthorizationPolicy":       `error` + code + "AuthorizationPolicy/a apiVersion: AuthorizationPolicy has no version v9 in security.istio.io",
		"security.istio.io/v1 PeerAuthentification":      `error` + code + "PeerAuthentification/a kind: security.istio.io has no kind PeerAuthentification",
		"networking.istio.io/v1 EnvoyFilter":             `error` + code + "EnvoyFilter/a apiVersion: EnvoyFilter has no version v1 in networking.istio.io",
		"servng.knative.dev/v1 Route":                    `error` + code + "Route/a apiVersion: there is no API group servng.knative.dev",
		"blueprints.knative.dev/v1 Blueprint":            `warning` + code + "Blueprint/a apiVersion: belay has no API group blueprints.knative.dev, and validates nothing in this Blueprint",
		"networking.internal.knative.dev/v1alpha1 Claim": `warning` + code + "Claim/a kind: belay has no kind Claim of networking.internal.knative.dev, and validates nothing in it",
		"eventing.knative.dev/v1 Broker":                 "",
		"operator.knative.dev/v1beta1 KnativeServing":    "",
		"networking.istio.io/v1beta1 WorkloadEntry":      "",
		"serving.knative.dev/v1 Revision":                "",
		"extensions.istio.io/v1alpha1 WasmPlugin":        "",
		"example.com/v1 Rout":                            "",
		"notknative.dev/v1 Rout":                         "",
	} {
		apiVersion, kind, _ := strings.Cut(object, " ")
		found := vetted(t, "apiVersion: "+apiVersion+"\nkind: "+kind+"\nmetadata: {name: a}\nspec: {}\n")
		if want == "" {
			for _, f := range found {
				assert.NotContains(t, f, code, object)
			}
			continue
		}
		assert.Equal(t, []string{want}, found, object)
	}
}
