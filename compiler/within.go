package compiler

import (
	"context"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// WithinLimits runs f, which works on other input than specs, within the limits of a
// run: that of CPU time grows with the size of the input in bytes, as it does for
// specs, and with the objects that f adds, as with apps. If a limit is exceeded, the list has that alone, at the place given, and f is
// left behind, so that it must not write to what its caller reads.
func WithinLimits[T any](ctx context.Context, limits load.Limits, at diag.Range, size int64, f func(ctx context.Context, addObjects func(int)) (T, diag.List, error)) (T, diag.List, error) {
	l := &limiter{limits: limits, input: size, busy: []diag.Range{at}}
	return runWithLimiter(ctx, l, func(ctx context.Context, l *limiter) (T, diag.List, error) {
		return f(ctx, l.addApps)
	})
}
