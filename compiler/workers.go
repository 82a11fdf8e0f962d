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

// each applies f to all items by forEach, and returns the results in order. The
// error is the cause of the end of ctx.
func each[T, R any](ctx context.Context, w *workers, items []T, f func(context.Context, T) R) ([]R, error) {
	results := make([]R, len(items))
	w.forEach(ctx, len(items), func(i int) { results[i] = f(ctx, items[i]) })
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	return results, nil
}

// forEach calls a function with the numbers from 0 to below n, several at a time
// if workers are idle, and returns when all calls have. The calling goroutine, a
// worker, works as well, so the function may call forEach: while it waits for the
// others it counts as idle. After the end of ctx there are no more calls. A panic
// in a call is the caller's.
func (w *workers) forEach(ctx context.Context, n int, call func(i int)) {
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
			if i >= n {
				return
			}
			if i+1 < n {
				startWorker()
			}
			call(i)
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
}
