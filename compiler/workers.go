package compiler

import (
	"context"
	"sync"
	"sync/atomic"

	"github.com/belay-sh/belay/internal/fault"
)

// workers bounds how many goroutines of a run work at a time: as many as there
// are processors. Units and the apps within a unit share them, so that a run
// over one large file has all processors, as has one over many small packages.
type workers struct{ busy chan struct{} } // has one element for each goroutine that works

// newWorkers returns the workers of a run, of which the calling goroutine is one.
func newWorkers(processors int) *workers {
	w := &workers{make(chan struct{}, processors)}
	w.busy <- struct{}{}
	return w
}

// each applies f to all items, several at a time if workers are idle, and
// returns the results in order. The calling goroutine, a worker, works as well,
// so f may call each: while it waits for the others it counts as idle. The error
// is the cause of the end of ctx, after which f is not called any more. A panic
// of f is the caller's.
func each[T, R any](ctx context.Context, w *workers, items []T, f func(context.Context, T) R) ([]R, error) {
	results := make([]R, len(items))
	var next atomic.Int64
	var group sync.WaitGroup
	var panics fault.Panics
	var work func()
	startWorker := func() {
		select {
		case w.busy <- struct{}{}:
			group.Go(func() {
				defer panics.Keep()
				defer func() { <-w.busy }()
				work()
			})
		default:
		}
	}
	work = func() {
		for ctx.Err() == nil {
			i := int(next.Add(1)) - 1
			if i >= len(items) {
				return
			}
			if i+1 < len(items) {
				startWorker()
			}
			results[i] = f(ctx, items[i])
		}
	}
	func() {
		defer panics.Keep()
		work()
	}()
	<-w.busy
	group.Wait()
	w.busy <- struct{}{}
	panics.Repanic()
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return results, nil
}
