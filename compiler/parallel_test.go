package compiler

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// TestCompile_OneFileOnSeveralProcessors compiles a file with many apps on one
// processor and on several: the bundles and the diagnostics are the same, and in
// the same order. Some apps have a mistake that only lower finds.
func TestCompile_OneFileOnSeveralProcessors(t *testing.T) {
	var text strings.Builder
	text.WriteString("apps:\n")
	for i := range 60 {
		fmt.Fprintf(&text, "  app-%d:\n    image: registry.example.com/app-%d:v1\n    env: {A: \"%d\"}\n", i, i, i)
		switch i % 3 {
		case 1:
			text.WriteString("    mesh: {mtls: permissive}\n    domains: [app-" + fmt.Sprint(i) + ".example.com]\n")
		case 2:
			text.WriteString("    strategy: service\n    latest: b\n    revisions: {a: {weight: 90}, b: {weight: 10, env: {B: \"1\"}}}\n")
		}
	}
	valid := text.String()
	wrong := strings.ReplaceAll(valid, `env: {A: "6"}`, `annotations: {queue.sidecar.serving.knative.dev/cpu-resource-request: lots}`)
	wrong = strings.ReplaceAll(wrong, `env: {A: "30"}`, `annotations: {queue.sidecar.serving.knative.dev/cpu-resource-request: many}`)
	for name, c := range map[string]struct {
		text   string
		replay bool
		errors int
	}{
		"valid":         {valid, false, 0},
		"with mistakes": {wrong, false, 2},
		"replayed":      {valid, true, 0},
	} {
		t.Run(name, func(t *testing.T) {
			compileOn := func(processors int) (Run, diag.List) {
				defer runtime.GOMAXPROCS(runtime.GOMAXPROCS(processors))
				run, diags, err := CompileAll(t.Context(), []string{"/nowhere/app.yaml"}, Options{
					Options:     load.Options{Dir: "/nowhere", Files: map[string][]byte{"/nowhere/app.yaml": []byte(c.text)}},
					MissingPins: diag.Warning, Replay: c.replay,
				})
				require.NoError(t, err)
				return run, diags
			}
			run, diags := compileOn(1)
			errors := 0
			for _, d := range diags {
				if d.Severity == diag.Error {
					errors++
				}
			}
			require.Equal(t, c.errors, errors)
			for _, processors := range []int{2, 8} {
				again, diagsAgain := compileOn(processors)
				assert.Equal(t, run.Bundles, again.Bundles)
				assert.Equal(t, diags, diagsAgain)
				assert.Equal(t, run.Warnings, again.Warnings)
			}
			if errors == 0 {
				assert.NotEmpty(t, run.Bundles[0].Objects)
			}
		})
	}
}
