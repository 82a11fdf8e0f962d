package krm

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
)

const guardedApp = `functionConfig:
  apiVersion: belay.sh/v1alpha1
  kind: App
  metadata: {name: web, namespace: shop}
  target: {mesh: {injectedServing: true}}
  spec:
    image: registry.example.com/web@sha256:4a0602861a9088a84bb2a2c3e69b44c915e6bcb4f41d7ecd68314ded60cf49e3
    visibility: cluster-local
    mesh: {mtls: strict, callers: [{namespace: jobs}]STRATEGY
`

// TestRun_Policies has overlays that leave an app without what its spec says,
// and others that do not. The first replacement that fits is the overlay.
func TestRun_Policies(t *testing.T) {
	generated := func(strategy string) string {
		opts := compiler.Options{}
		opts.Dir = t.TempDir()
		out, results, err := Run(t.Context(), []byte(head+strings.Replace(guardedApp, "STRATEGY", strategy, 1)), opts)
		require.NoError(t, err)
		require.Empty(t, results)
		items, _, _ := strings.Cut(string(out), "\nfunctionConfig:")
		return items
	}
	service, tracks := generated("}"), generated("}\n    revisions: {a: {weight: 100}}")
	for name, c := range map[string]struct {
		items, old, new string
		want            string // "" for nothing
	}{
		"nothing":             {service, "", "", ""},
		"another annotation":  {service, "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1\n      example.com/a: b", ""},
		"strict to disable":   {service, "mode: STRICT", "mode: DISABLE", "the policy of app web is not the one that belay wrote"},
		"rules":               {service, "- jobs", "- others", "the policy of app web is not the one that belay wrote"},
		"a selector":          {service, "serving.knative.dev/service: web", "serving.knative.dev/service: other", "it does not select the pods of Service web"},
		"an allowing policy":  {service, "action: DENY", "action: ALLOW", "would be void"},
		"a renamed policy":    {service, "name: web-callers", "name: web-gone", "the policy AuthorizationPolicy/shop/web-callers of app web is gone"},
		"no sidecar":          {service, `sidecar.istio.io/inject: "true"`, `sidecar.istio.io/inject: "false"`, "the pods get no sidecar"},
		"an excluded port":    {tracks, `sidecar.istio.io/inject: "true"`, "sidecar.istio.io/inject: \"true\"\n          traffic.sidecar.istio.io/excludeInboundPorts: \"8012\"", "it takes traffic out of what the sidecar captures"},
		"tracks":              {tracks, "", "", ""},
		"a label of the pods": {tracks, "belay.sh/app: web\n          sidecar", "belay.sh/app: other\n          sidecar", "it does not select the pods of Configuration web-a"},
	} {
		t.Run(name, func(t *testing.T) {
			if c.old != "" {
				require.Contains(t, c.items, c.old)
			}
			for _, function := range []string{"Vet", "Finalize"} {
				call := strings.Replace(c.items, c.old, c.new, 1) + "\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: " + function + ", metadata: {name: v}}\n"
				opts := compiler.Options{}
				opts.Dir = t.TempDir()
				require.NoError(t, os.WriteFile(filepath.Join(opts.Dir, "belay.lock"), []byte("version: 1\n"), 0o644))
				_, results, err := Run(t.Context(), []byte(call), opts)
				require.NoError(t, err)
				var found []string
				for _, r := range results {
					if r.Tags["code"] == string(diag.LostPolicy) {
						found = append(found, r.String())
					}
				}
				if c.want == "" {
					assert.Empty(t, found, function)
				} else {
					assert.Contains(t, strings.Join(found, "\n"), c.want, "%s: %v", function, results)
				}
			}
		})
	}
}
