package compiler

import (
	"context"
	"errors"
	"runtime"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/fault"
)

func TestEach_KeepsTheOrder(t *testing.T) {
	items := make([]int, 1000)
	for i := range items {
		items[i] = i
	}
	for _, processors := range []int{1, 2, 8} {
		results, err := each(t.Context(), newWorkers(processors), items, func(_ context.Context, i int) int { return i * i })
		require.NoError(t, err)
		for i, r := range results {
			require.Equal(t, i*i, r)
		}
	}
	none, err := each(t.Context(), newWorkers(2), nil, func(_ context.Context, i int) int { return i })
	require.NoError(t, err)
	assert.Empty(t, none)
}

// TestEach_SharesWorkers has units with apps: the apps of the last unit get the
// workers of the units that are done, whichever worker has that unit, and no more
// work at a time than there are processors.
func TestEach_SharesWorkers(t *testing.T) {
	const processors = 4
	w := newWorkers(processors)
	var mu sync.Mutex
	working, most := 0, 0
	var together sync.WaitGroup // the apps of the large unit work at the same time
	together.Add(processors)
	apps := func(ctx context.Context, n int) int {
		for n == processors && len(w.busy) > 1 { // the other units are not done yet
			runtime.Gosched()
		}
		results, err := each(ctx, w, make([]int, n), func(context.Context, int) int {
			mu.Lock()
			working++
			most = max(most, working)
			mu.Unlock()
			if n == processors {
				together.Done()
				together.Wait()
			}
			mu.Lock()
			working--
			mu.Unlock()
			return 1
		})
		assert.NoError(t, err)
		return len(results)
	}
	results, err := each(t.Context(), w, []int{1, 1, 1, 1, processors}, apps)
	require.NoError(t, err)
	assert.Equal(t, []int{1, 1, 1, 1, processors}, results)
	assert.Equal(t, processors, most)
}

func TestEach_StopsWithItsContext(t *testing.T) {
	stopped := errors.New("enough")
	ctx, stop := context.WithCancelCause(t.Context())
	calls := 0
	results, err := each(ctx, newWorkers(1), make([]int, 100), func(context.Context, int) int {
		if calls++; calls == 3 {
			stop(stopped)
		}
		return 0
	})
	assert.Equal(t, stopped, err)
	assert.Nil(t, results)
	assert.Equal(t, 3, calls)
}

// TestEach_PassesOnPanics has a panic in a goroutine of each: it is the caller's
// to recover, with the stack of the goroutine.
func TestEach_PassesOnPanics(t *testing.T) {
	for _, processors := range []int{1, 4} {
		func() {
			defer func() {
				p, ok := recover().(*fault.Panic)
				require.True(t, ok)
				assert.Equal(t, "broken", p.Value)
				assert.Contains(t, string(p.Stack), "workers_test.go")
				assert.Contains(t, p.Error(), "panic: broken\n")
			}()
			_, _ = each(t.Context(), newWorkers(processors), make([]int, 50), func(context.Context, int) int {
				runtime.Gosched()
				panic("broken")
			})
			t.Error("it returns")
		}()
	}
}
