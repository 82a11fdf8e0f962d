package krm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
)

// TestRun_UncompiledObjects: objects of belay's own kinds among those of a build
// would go to a cluster.
func TestRun_UncompiledObjects(t *testing.T) {
	metadata := ", metadata: {name: web}"
	for item, want := range map[string]string{
		"apiVersion: belay.sh/v1alpha1, kind: App" + metadata:                                                                          "App/web kind: this App has not been run: a cluster does not know the kind (list its file under generators, not under resources)",
		"apiVersion: belay.sh/v1alpha1, kind: Apps" + metadata:                                                                         "under generators",
		"apiVersion: belay.sh/v1alpha1, kind: Render" + metadata:                                                                       "under generators",
		"apiVersion: belay.sh/v1alpha1, kind: Finalize" + metadata:                                                                     "under transformers",
		"apiVersion: belay.sh/v1, kind: App" + metadata:                                                                                "App/web apiVersion: belay.sh/v1 is not a version of App that belay has; it has belay.sh/v1alpha1",
		"apiVersion: belay.sh, kind: Vet" + metadata:                                                                                   "apiVersion: belay.sh/v1alpha1, and list the file under transformers",
		"apiVersion: belay.sh/v1alpha1, kind: app" + metadata:                                                                          "belay has no kind app",
		"apiVersion: belay.sh.example.com/v1, kind: App" + metadata:                                                                    "",
		"apiVersion: apps/v1, kind: App" + metadata:                                                                                    "",
		"apiVersion: belay.sh/v1alpha1, kind: App, metadata: {name: web, annotations: {config.kubernetes.io/local-config: \"true\"}}":  "",
		"apiVersion: belay.sh/v1alpha1, kind: App, metadata: {name: web, annotations: {config.kubernetes.io/local-config: \"false\"}}": "this App has not been run",
	} {
		for _, function := range []string{"Vet", "Finalize"} {
			call := head + "items: [{" + item + "}]\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: " + function + ", metadata: {name: v}}\n"
			opts := compiler.Options{}
			opts.Dir = t.TempDir()
			out, results, err := Run(t.Context(), []byte(call), opts)
			require.NoError(t, err)
			assert.Contains(t, string(out), "kind: "+strings.TrimSuffix(strings.Fields(item)[3], ","), "the items are as they were")
			if want == "" {
				assert.Empty(t, results, item)
				continue
			}
			require.Len(t, results, 1, item)
			assert.Equal(t, diag.Error, results[0].Severity)
			assert.Equal(t, string(diag.UncompiledObject), results[0].Tags["code"])
			assert.Contains(t, results[0].String(), want)
		}
	}
}
