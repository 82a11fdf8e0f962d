package policy

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

func TestMatches(t *testing.T) {
	for _, c := range []struct {
		pattern, name string
		want          bool
	}{
		{"team-a", "team-a", true},
		{"team-a", "team-ab", false},
		{"team-a-*", "team-a", false},
		{"*.team-a.example.com", "web.team-a.example.com", true},
		{"*.team-a.example.com", "team-a.example.com", false},
		{"*.team-a.example.com", "web.team-a.example.com.evil.org", false},
		{"registry.example.com/team-a/*", "registry.example.com/team-a/web/api", true},
		{"registry.example.com/team-a/*", "registry.example.com/team-ab/web", false},
		{"*a*b", "xaybzb", true},
		{"*", "", true},
		{"", "", true},
		{"", "a", false},
	} {
		assert.Equal(t, c.want, matches(c.pattern, c.name), "%s against %s", c.name, c.pattern)
	}
}

func TestNewRule(t *testing.T) {
	r, err := newRule(`apps."a.b".*.x`, "")
	require.NoError(t, err)
	assert.Equal(t, []string{"apps", "a.b", "*", "x"}, r.path)
	for _, text := range []string{"", "a..b", "a.", ".a", `"a`, `"a"b`} {
		_, err := newRule(text, "")
		assert.Error(t, err, text)
	}
}

// TestExists looks for the paths of belay's own rules in the schema: one that
// is not there would deny nothing.
func TestExists(t *testing.T) {
	for _, r := range append(denials, settings...) {
		assert.True(t, exists(schema.Document, r.path), r.text)
	}
	for _, path := range places("security", "capabilities", "*") {
		assert.True(t, exists(schema.Document.Field("apps").Type.Values, path), "%v", path)
	}
	assert.False(t, exists(schema.Document, []string{"apps", "*", "patch"}))
	assert.False(t, exists(schema.Document, []string{"target", "knativ"}))
}

// permitted are the fields of a spec and of its target that a tenant writes as
// a whole. A new field needs a decision: it is here, or in denials.
var permitted = []string{"apps", "target", "target.name", "target.knative", "target.istio"}

func TestDenials_EveryFieldHasADecision(t *testing.T) {
	denied := func(path ...string) bool {
		for _, r := range append(denials, settings...) {
			if leads(r.path, path) {
				return true
			}
		}
		return false
	}
	for _, f := range schema.Document.Fields {
		assert.NotEqual(t, slices.Contains(permitted, f.Name), denied(f.Name), f.Name)
	}
	for _, f := range schema.Document.Field("target").Type.Fields {
		assert.NotEqual(t, slices.Contains(permitted, "target."+f.Name), denied("target", f.Name), f.Name)
	}
}

func TestRepository(t *testing.T) {
	for image, want := range map[string]string{
		"nginx":                               "docker.io/library/nginx",
		"acme/app:v1":                         "docker.io/acme/app",
		"index.docker.io/nginx":               "docker.io/library/nginx",
		"registry.example.com:5000/a/b:v1":    "registry.example.com:5000/a/b",
		"registry.example.com/team-a/../b:v1": "an invalid reference",
		"localhost:5000/xy@sha256:" + strings.Repeat("ab", 32): "localhost:5000/xy",
	} {
		assert.Equal(t, want, repository(image), image)
	}
}

func TestObeyed(t *testing.T) {
	own, _ := Named(Own)
	tenant, _ := Named(Tenant)
	for key, by := range map[string][2]string{
		"config.kubernetes.io/function":           {"kustomize and kpt", "kustomize and kpt"},
		"kustomize.config.k8s.io/behavior":        {"kustomize and kpt", "kustomize and kpt"},
		"client.lifecycle.config.k8s.io/deletion": {"kustomize and kpt", "kustomize and kpt"},
		"argocd.argoproj.io/hook":                 {"", "Argo CD"},
		"kustomize.toolkit.fluxcd.io/prune":       {"", "Flux"},
		"helm.sh/hook":                            {"", "Helm"},
		"meta.helm.sh/release-name":               {"", "Helm"},
		"notifications.argoproj.io/subscribe.a.b": {"", "Argo CD"},
		"fluxcd.io/ignore":                        {"", "Flux"},
		"cli-utils.sigs.k8s.io/on-remove":         {"", "kpt"},
		"applyset.kubernetes.io/part-of":          {"", "kubectl"},
		"kapp.k14s.io/update-strategy":            {"", "kapp"},
		"configmanagement.gke.io/managed":         {"", "Config Sync"},
		"fleet.cattle.io/keep":                    {"", "Fleet"},
		"myargoproj.io/x":                         {"", ""},
		"myconfig.k8s.io/x":                       {"", ""},
		"config.kubernetes.io.example.com/x":      {"", ""},
		"team":                                    {"", ""},
	} {
		assert.Equal(t, by[0], own.obeyed(key), key)
		assert.Equal(t, by[1], tenant.obeyed(key), key)
	}
}

// TestObject_HoldsWhatNoSpecRuleSees judges objects that no spec could lead to
// today: the rules do not depend on those of the spec.
func TestObject_HoldsWhatNoSpecRuleSees(t *testing.T) {
	tenant, _ := Named(Tenant)
	app := &ir.App{Name: "web", Namespace: "team-a", Node: &ir.Node{Kind: schema.Struct}}
	for _, c := range []struct{ what, apiVersion, kind, namespace, name, json string }{
		{"another kind", "v1", "Secret", "team-a", "x", `{}`},
		{"another namespace", "serving.knative.dev/v1", "Service", "team-b", "web", `{}`},
		{"Knative's namespace", "security.istio.io/v1", "AuthorizationPolicy", "knative-serving", "team-a.web", `{"spec":{"selector":{"matchLabels":{"app":"activator"}}}}`},
		{"a claim for others", "networking.internal.knative.dev/v1alpha1", "ClusterDomainClaim", "", "bank.example.com", `{"spec":{"namespace":"team-a"}}`},
		{"pods of others", "security.istio.io/v1", "PeerAuthentication", "team-a", "x", `{"spec":{"selector":{"matchLabels":{"app":"victim"}}}}`},
		{"pods of others, by a kind that is not listed", "networking.istio.io/v1", "ProxyConfig", "team-a", "x", `{"spec":{"selector":{"matchLabels":{"app":"victim"}}}}`},
		{"a kind of another group", "telemetry.example.com/v1", "Telemetry", "team-a", "x", `{}`},
		{"hosts of others", "networking.istio.io/v1", "VirtualService", "team-a", "x", `{"spec":{"hosts":["*"]}}`},
		{"a visible entry", "networking.istio.io/v1", "ServiceEntry", "team-a", "x", `{"spec":{"exportTo":["*"]}}`},
		{"a certificate", "networking.istio.io/v1", "Gateway", "team-a", "x", `{"spec":{"servers":[{"tls":{"credentialName":"bank"}}]}}`},
		{"the node", "serving.knative.dev/v1", "Service", "team-a", "web", `{"spec":{"template":{"spec":{"hostPID":true}}}}`},
		{"a hook", "serving.knative.dev/v1", "Service", "team-a", "web", `{"metadata":{"annotations":{"argocd.argoproj.io/hook":"Skip"}}}`},
		{"what is not an object", "serving.knative.dev/v1", "Service", "team-a", "web", `[]`},
	} {
		o := ir.Object{APIVersion: c.apiVersion, Kind: c.kind, Namespace: c.namespace, Name: c.name, JSON: []byte(c.json)}
		assert.NotEmpty(t, tenant.Object(target.Default(), app, o), c.what)
	}
	fine := ir.Object{APIVersion: "serving.knative.dev/v1", Kind: "Service", Namespace: "team-a", Name: "web", JSON: []byte(`{"metadata":{"labels":{"team":"a"}}}`)}
	assert.Empty(t, tenant.Object(target.Default(), app, fine))
	for _, shared := range []ir.Object{{Kind: "Namespace", Name: "team-a"}, {Kind: "Deployment", Namespace: "knative-serving", Name: "activator"}} {
		assert.NotEmpty(t, tenant.Object(target.Default(), nil, shared))
	}
}
