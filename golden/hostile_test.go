package golden_test

import (
	"context"
	"encoding/json"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/golden/specgen"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// TestHostileSpecs compiles specs with hostile parts as a platform would, for a
// cluster in which nothing but the policy is between them and the node. What
// comes out is held to a list that belay's own rules have no part in, and no
// message has a control character. fuzz.sh draws ten thousand.
func TestHostileSpecs(t *testing.T) {
	enough := fixDraws(t, 150)
	var rejected, emitted, invalid int
	rapid.Check(t, func(t *rapid.T) {
		doc := specgen.Hostile().Draw(t, "spec")
		switch m, diags := compileHostile(t, doc); {
		case !diags.HasErrors():
			emitted++
			holdToTenant(t, doc, m)
		case slices.ContainsFunc(diags, func(d diag.Diagnostic) bool { return d.Code == diag.NotPermitted }):
			rejected++
		default:
			invalid++
		}
	})
	t.Logf("%d specs are emitted, %d are not permitted, %d are not valid", emitted, rejected, invalid)
	assert.True(t, emitted > 0 && rejected > 0 || !enough, "%d emitted, %d rejected", emitted, rejected)
}

func FuzzHostileSpecs(f *testing.F) {
	addEntropy(f)
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) {
		doc := specgen.Hostile().Draw(t, "spec")
		if m, diags := compileHostile(t, doc); !diags.HasErrors() {
			holdToTenant(t, doc, m)
		}
	}))
}

// compileHostile compiles a document under the policy of a platform.
func compileHostile(t require.TestingT, doc specgen.Document) (ir.Bundle, diag.List) {
	features := map[string]string{}
	for _, name := range specgen.HostileFlags {
		features[name] = "enabled"
	}
	policy, err := json.Marshal(map[string]any{"target": map[string]any{
		"domain": "apps.example.com", "mesh": map[string]any{"injectedServing": true}, "config": map[string]any{"features": features},
	}})
	require.NoError(t, err)
	text, err := json.Marshal(doc)
	require.NoError(t, err)
	dir := string(filepath.Separator) + "hostile"
	spec, file := filepath.Join(dir, "app.json"), filepath.Join(dir, "policy.yaml")
	opts := compiler.Options{Policy: file, Options: load.Options{Dir: dir, Files: map[string][]byte{spec: text, file: policy}}}
	m, diags, err := compiler.Compile(context.Background(), []string{spec}, opts)
	require.NoError(t, err)
	for _, d := range diags {
		for _, line := range []string{d.Message, d.Hint} {
			printed := string(diag.Text{}.Print(diag.List{{Code: d.Code, Severity: d.Severity, Message: line}}))
			assert.False(t, strings.ContainsFunc(strings.ReplaceAll(printed, "\n", ""), unicode.IsControl), "%q", printed)
		}
	}
	return m, diags
}

// tenantGroups are the API groups of the kinds that a tenant's app has.
var tenantGroups = []string{
	"serving.knative.dev", "networking.internal.knative.dev",
	"networking.istio.io", "security.istio.io", "telemetry.istio.io",
}

// A tenantJudge holds the objects of a manifest to what a tenant may emit, by
// their JSON alone.
type tenantJudge struct {
	t          assert.TestingT
	namespaces map[string]bool
	domains    map[string]bool
	claimed    map[string]bool
	text       string
}

func holdToTenant(t assert.TestingT, doc specgen.Document, m ir.Bundle) {
	j := &tenantJudge{t: t, namespaces: map[string]bool{}, domains: map[string]bool{}, claimed: map[string]bool{}, text: string(doc.CUE())}
	for _, app := range doc["apps"].(map[string]any) {
		app := app.(map[string]any)
		namespace, named := app["namespace"].(string)
		if !named {
			namespace = "default"
		}
		j.namespaces[namespace] = true
		switch domains := app["domains"].(type) {
		case []any:
			for _, d := range domains {
				j.domains[d.(string)] = true
			}
		case map[string]any:
			for d := range domains {
				j.domains[d] = true
			}
		}
	}
	assert.Nil(t, m.Remote, j.text)
	assert.Nil(t, m.ArgoCD, j.text)
	assert.Empty(t, m.Hooks, j.text)
	for _, o := range m.Objects {
		if o.Kind == "ClusterDomainClaim" {
			j.claimed[o.Name] = true
		}
	}
	for _, o := range m.Objects {
		j.object(o)
	}
}

func (j *tenantJudge) object(o ir.Object) {
	var object map[string]any
	if err := json.Unmarshal(o.JSON, &object); err != nil {
		j.t.Errorf("%s %s: %v", o.Kind, o.Name, err)
	}
	fail := func(what string) { j.t.Errorf("%s %s/%s: %s\n%s", o.Kind, o.Namespace, o.Name, what, j.text) }
	group, _, _ := strings.Cut(o.APIVersion, "/")
	if !slices.Contains(tenantGroups, group) {
		fail("a kind that no tenant has")
	}
	spec, _ := object["spec"].(map[string]any)
	for _, reserved := range []string{"kube-", "istio-"} {
		if strings.HasPrefix(o.Namespace, reserved) {
			fail("a reserved namespace")
		}
	}
	switch {
	case o.Kind == "ClusterDomainClaim":
		if namespace, _ := spec["namespace"].(string); !j.namespaces[namespace] || !j.domains[o.Name] {
			fail("a claim that is no app's")
		}
	case o.Namespace == "knative-serving":
		namespace, _, _ := strings.Cut(o.Name, ".")
		selector, _ := json.Marshal(spec["selector"])
		rules, _ := json.Marshal(spec["rules"])
		if o.Kind != "AuthorizationPolicy" || !j.namespaces[namespace] || string(selector) != `{"matchLabels":{"app":"activator"}}` || strings.Contains(string(rules), "{}") {
			fail("another object than the policy at the activator")
		}
	case !j.namespaces[o.Namespace]:
		fail("in a namespace that no app has")
	}
	j.hosts(o, spec, fail)
	j.walk(object, fail)
}

func (j *tenantJudge) hosts(o ir.Object, spec map[string]any, fail func(string)) {
	var hosts []any
	switch o.Kind {
	case "DomainMapping":
		hosts = []any{o.Name}
		if spec["tls"] != nil {
			fail("a certificate that no policy names")
		}
	case "VirtualService":
		hosts, _ = spec["hosts"].([]any)
	case "Gateway":
		servers, _ := spec["servers"].([]any)
		for _, s := range servers {
			of, _ := s.(map[string]any)["hosts"].([]any)
			hosts = append(hosts, of...)
		}
	case "ServiceEntry":
		if exported, _ := json.Marshal(spec["exportTo"]); string(exported) != `["."]` {
			fail("visible in other namespaces")
		}
	}
	for _, h := range hosts {
		host, _ := h.(string)
		own := strings.HasSuffix(strings.TrimSuffix(host, "-shadow"), "."+o.Namespace+".svc.cluster.local")
		if !own && (!j.domains[host] || !j.claimed[host]) {
			fail("the host " + host + " without a claim")
		}
		if strings.HasSuffix(host, ".apps.example.com") && !strings.HasSuffix(host, "."+o.Namespace+".apps.example.com") {
			fail("the host of another namespace's app")
		}
	}
}

// walk looks for what no object of a tenant has, at any depth.
func (j *tenantJudge) walk(v any, fail func(string)) {
	switch v := v.(type) {
	case []any:
		for _, e := range v {
			j.walk(e, fail)
		}
	case map[string]any:
		for key, inner := range v {
			switch key {
			case "hostPath", "credentialName":
				fail(key)
			case "privileged", "allowPrivilegeEscalation", "hostNetwork", "hostPID", "hostIPC":
				if inner == true {
					fail(key)
				}
			case "add":
				if list, ok := inner.([]any); ok {
					for _, capability := range list {
						if capability != "NET_BIND_SERVICE" {
							fail("a capability")
						}
					}
				}
			case "annotations", "labels":
				j.keys(inner, fail)
			}
			j.walk(inner, fail)
		}
	}
}

func (j *tenantJudge) keys(v any, fail func(string)) {
	keys, _ := v.(map[string]any)
	for key := range keys {
		for _, domain := range []string{"config.kubernetes.io/", "config.k8s.io/", "argocd.argoproj.io/", "toolkit.fluxcd.io/", "helm.sh/"} {
			if strings.Contains(key, domain) {
				fail("the key " + key)
			}
		}
	}
}
