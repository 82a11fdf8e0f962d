package compiler

import (
	"context"
	"errors"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
)

// endless is CUE whose evaluation does not end before the test does, and can't
// be interrupted.
type endless struct {
	cuelang.Language
	begun, end chan struct{}
}

func (e endless) Package(*load.Unit) (*ir.Node, diag.List) {
	close(e.begun)
	<-e.end
	return nil, nil
}

// broken is CUE whose evaluation panics.
type broken struct{ cuelang.Language }

func (broken) Package(*load.Unit) (*ir.Node, diag.List) { panic("broken") }

// runs are the entrances to the compiler, with and without limits.
var runs = map[string]func(context.Context, Options) error{
	"CompileAll": func(ctx context.Context, opts Options) error {
		_, _, err := CompileAll(ctx, []string{"."}, opts)
		return err
	},
	"Check": func(ctx context.Context, opts Options) error {
		_, _, err := Check(ctx, []string{"."}, opts)
		return err
	},
	"CompileAll with limits": func(ctx context.Context, opts Options) error {
		opts.Limits = load.Limits{Time: time.Hour, Memory: 1 << 40}
		_, _, err := CompileAll(ctx, []string{"."}, opts)
		return err
	},
}

// TestCompile_ReturnsWhenItsContextEnds ends the context while a spec is
// evaluated that is never done.
func TestCompile_ReturnsWhenItsContextEnds(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{"app.cue": spec})
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			cue := endless{begun: make(chan struct{}), end: make(chan struct{})}
			defer close(cue.end)
			stopped := errors.New("stopped by the user")
			ctx, stop := context.WithCancelCause(t.Context())
			go func() { <-cue.begun; stop(stopped) }()
			assert.Equal(t, stopped, run(ctx, Options{Options: load.Options{CUE: cue, Dir: dir}}))
		})
	}
}

// TestCompile_DoesNothingAfterItsContext has a context that has ended already,
// and one whose time is over.
func TestCompile_DoesNothingAfterItsContext(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{"app.cue": spec})
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	late, cancelLate := context.WithDeadline(t.Context(), time.Unix(0, 0))
	defer cancelLate()
	for name, run := range runs {
		opts := Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir}, MissingPins: diag.Warning}
		require.NoError(t, run(t.Context(), opts), name)
		require.ErrorIs(t, run(cancelled, opts), context.Canceled, name)
		require.ErrorIs(t, run(late, opts), context.DeadlineExceeded, name)
	}
}

// TestCompile_PassesOnPanics has a fault in a stage: who calls the compiler
// decides whether the process ends by it.
func TestCompile_PassesOnPanics(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{"app.cue": spec, "other/app.cue": spec})
	for name, run := range runs {
		t.Run(name, func(t *testing.T) {
			defer func() {
				p, ok := recover().(*fault.Panic)
				require.True(t, ok)
				assert.Equal(t, "broken", p.Value)
				assert.Contains(t, string(p.Stack), "broken.Package")
			}()
			err := run(t.Context(), Options{Options: load.Options{CUE: broken{}, Dir: dir}})
			t.Error("it returns", err)
		})
	}
}
