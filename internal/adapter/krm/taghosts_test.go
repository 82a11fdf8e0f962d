package krm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/belay-sh/belay/compiler"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestRun_TagHosts renames and moves the Route of an app whose policy excepts the
// hosts of its tags: by the target's templates both names are parts of them.
func TestRun_TagHosts(t *testing.T) {
	const items = `items:
- apiVersion: serving.knative.dev/v1
  kind: Route
  metadata:
    name: NAME
    namespace: NAMESPACE
    labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}
    annotations: {NOTES}
  spec:
    traffic: [{configurationName: web-v1, latestRevision: true, percent: 100, tag: beta}]
- apiVersion: serving.knative.dev/v1
  kind: Configuration
  metadata: {name: web-v1, namespace: NAMESPACE}
  spec: {template: {spec: {containers: [{image: a}]}}}
- apiVersion: security.istio.io/v1
  kind: AuthorizationPolicy
  metadata:
    name: web-callers
    namespace: NAMESPACE
    labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}
  spec:
    action: DENY
    selector: {matchLabels: {belay.sh/app: web}}
    rules:
    - to: [{operation: {hosts: [web-v1-0*], notHosts: [HOST, "HOST:*", shop.example.org, beta-web.other.example.com]}}]
`
	const renamed = "internal.config.kubernetes.io/previousNames: web, internal.config.kubernetes.io/previousKinds: Route, "
	const moved = "internal.config.kubernetes.io/previousNamespaces: shop"
	for name, c := range map[string]struct{ name, namespace, notes, target, before, after string }{
		"as it was":      {"web", "shop", "", "", "beta-web.shop.example.com", ""},
		"a name":         {"o-web", "shop", renamed + moved, "", "beta-web.shop.example.com", "beta-o-web.shop.example.com"},
		"a namespace":    {"web", "team", renamed + moved, "", "beta-web.shop.example.com", "beta-web.team.example.com"},
		"both":           {"o-web", "team", renamed + moved, "", "beta-web.shop.example.com", "beta-o-web.team.example.com"},
		"both, once":     {"o-web", "team", renamed + moved, "", "beta-o-web.shop.example.com", "beta-o-web.team.example.com"},
		"other template": {"o-web", "team", renamed + moved, `, config: {network: {domain-template: "{{.Name}}-{{.Namespace}}.{{.Domain}}", tag-template: "{{.Name}}-{{.Tag}}"}}`, "web-beta-shop.example.com", "o-web-beta-team.example.com"},
	} {
		for _, function := range []string{"Vet", "Finalize"} {
			t.Run(name+" "+function, func(t *testing.T) {
				call := head + strings.NewReplacer("NAMESPACE", c.namespace, "NAME", c.name, "NOTES", c.notes, "HOST", c.before).Replace(items) +
					"functionConfig: {apiVersion: belay.sh/v1alpha1, kind: " + function + ", metadata: {name: v}, target: {domain: example.com" + c.target + "}}\n"
				opts := compiler.Options{}
				opts.Dir = t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(opts.Dir, "belay.lock"), []byte("images: {}\nversion: 1\n"), 0o644))
				out, results, err := Run(t.Context(), []byte(call), opts)
				require.NoError(t, err)
				reported := 0
				for _, r := range results {
					if r.Field != nil && r.Field.CurrentValue == c.before {
						assert.Equal(t, c.after, r.Field.ProposedValue)
						reported++
					}
				}
				if c.after == "" || function == "Finalize" {
					assert.Zero(t, reported, results)
				} else {
					assert.Equal(t, 1, reported, "%v", results)
				}
				if c.after != "" && function == "Finalize" {
					assert.Equal(t, 2, strings.Count(string(out), c.after), string(out))
					assert.NotContains(t, string(out), c.before)
				}
				assert.Contains(t, string(out), "beta-web.other.example.com")
			})
		}
	}
}
