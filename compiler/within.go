package compiler

import (
	"context"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// WithinLimits runs f, which works on other input than specs, within the limits of a
// run: that of CPU time grows with the size of the input in bytes, as it does for
// specs. If a limit is exceeded, the list has that alone, at the place given, and f is
// left behind, so that it must not write to what its caller reads.
func WithinLimits[T any](ctx context.Context, limits load.Limits, at diag.Range, size int64, f func(context.Context) (T, diag.List, error)) (T, diag.List, error) {
	return runLimited(ctx, limits, func(ctx context.Context, l *limiter) (T, diag.List, error) {
		l.mu.Lock()
		l.input, l.busy = size, []diag.Range{at}
		l.mu.Unlock()
		return f(ctx)
	})
}
