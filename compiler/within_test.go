package compiler

import (
	"context"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// TestWithinLimits has work that takes ten times the CPU time of a run: the size of
// the input and the objects in it add to the limit.
func TestWithinLimits(t *testing.T) {
	limits := load.Limits{Time: 50 * time.Millisecond, PerApp: time.Minute, PerMiB: time.Minute}
	at := diag.Range{File: "a.yaml", Start: diag.Position{Line: 1, Column: 1}}
	for name, c := range map[string]struct {
		size    int64
		objects int
		want    string
	}{
		"no input":    {0, 0, "time-limit"},
		"large input": {1 << 20, 0, ""},
		"an object":   {0, 1, ""},
	} {
		t.Run(name, func(t *testing.T) {
			value, diags, err := WithinLimits(t.Context(), limits, at, c.size, func(ctx context.Context, addObjects func(int)) (int, diag.List, error) {
				addObjects(c.objects)
				for start := cpuTime(); cpuTime()-start < 10*limits.Time && ctx.Err() == nil; { // CPU time passes
				}
				return 7, nil, nil
			})
			require.NoError(t, err)
			if c.want == "" {
				assert.Empty(t, diags)
				assert.Equal(t, 7, value)
				return
			}
			require.Len(t, diags, 1)
			assert.Equal(t, "a.yaml "+c.want, diags[0].At.File+" "+string(diags[0].Code))
			assert.Zero(t, value)
		})
	}
}
