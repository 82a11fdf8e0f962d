package check

import (
	"runtime"
	"sync"
	"sync/atomic"

	"github.com/belay-sh/belay/internal/fault"
)

// fewApps is how many apps one goroutine checks faster than several do.
const fewApps = 8

// eachApp calls f for the numbers from 0 to n-1, on as many goroutines as there
// are processors. f writes its result to a place of its own, so that the order
// of results does not depend on the order of calls.
func eachApp(n int, f func(i int)) {
	workers := min(runtime.GOMAXPROCS(0), n/fewApps)
	if workers < 2 {
		for i := range n {
			f(i)
		}
		return
	}
	var next atomic.Int64
	var running sync.WaitGroup
	for range workers {
		running.Go(func() {
			defer fault.Exit()
			for i := int(next.Add(1)) - 1; i < n; i = int(next.Add(1)) - 1 {
				f(i)
			}
		})
	}
	running.Wait()
}
