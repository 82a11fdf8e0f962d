package compiler

import (
	"context"
	"fmt"
	"math"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
)

// pollInterval is how often the limits of a run are checked. Go fills a few
// megabytes of memory in that time.
const pollInterval = 4 * time.Millisecond

// processStart is when the process started, or nearly so.
var processStart = time.Now()

// sinceStart returns the time by the clock since the process started. It is the
// portable stand-in for CPU time, which it can only exceed in a process with one
// thread.
func sinceStart() time.Duration { return time.Since(processStart) }

// A limiter enforces the limits of a run. CUE's evaluator can't be interrupted,
// so what exceeds a limit is left behind, still running, and the caller is
// expected to print what the limiter reports and to end the process. The limiter
// itself comes late where Go's collector waits for a copy of many megabytes to
// end, with all else at a halt; a bound that must hold is another process's.
type limiter struct {
	limits load.Limits
	mu     sync.Mutex
	apps   int          // of the units that have been checked
	input  int64        // bytes of the units that have been started
	busy   []diag.Range // where the units start that are being worked on, the oldest first
}

// runLimited runs f, unless that exceeds a limit or ctx ends. If a limit is
// exceeded, the list has nothing but the unit that did it, or was at least the
// one that took longest. If ctx ends, the error is its cause. In both cases f is
// left behind with a context that has ended. A panic of f is the caller's.
func runLimited[T any](ctx context.Context, limits load.Limits, f func(context.Context, *limiter) (T, diag.List, error)) (T, diag.List, error) {
	return runWithLimiter(ctx, &limiter{limits: limits}, f)
}

// runWithLimiter is runLimited with the limits of a limiter, which may have input and
// places already.
func runWithLimiter[T any](ctx context.Context, l *limiter, f func(context.Context, *limiter) (T, diag.List, error)) (T, diag.List, error) {
	limits := l.limits
	limited := limits.Time != 0 || limits.Elapsed != 0 || limits.Memory != 0
	if !limited && ctx.Done() == nil {
		return f(ctx, l)
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	var value T
	var diags diag.List
	var err error
	var panics fault.Panics
	done := make(chan struct{})
	go func() {
		defer fault.Exit()
		defer close(done)
		func() {
			defer panics.Keep()
			value, diags, err = f(ctx, l)
		}()
	}()
	var none T
	var tick <-chan time.Time // never, without limits
	if limited {
		ticker := time.NewTicker(pollInterval)
		defer ticker.Stop()
		tick = ticker.C
	}
	cpu, clock := cpuTime(), time.Now()
	idle := idleness{cpu: cpu, clock: clock}
	for {
		select {
		case <-done:
			panics.Repanic()
			return value, diags, err
		case <-ctx.Done():
			return none, nil, context.Cause(ctx)
		case <-tick:
			if idle.lasts() {
				endIfDeadlocked()
			}
			if d := l.exceeded(usage{cpuTime() - cpu, time.Since(clock), heapInUse()}); d != nil {
				return none, diag.List{*d}, nil
			}
		}
	}
}

// trackUnit notes that a unit is being worked on, until the function that it
// returns is called.
func (l *limiter) trackUnit(u *load.Unit) (done func()) {
	at, size := u.Start(), u.Size()
	l.mu.Lock()
	defer l.mu.Unlock()
	l.input += size
	l.busy = append(l.busy, at)
	return func() {
		l.mu.Lock()
		defer l.mu.Unlock()
		i := slices.Index(l.busy, at)
		l.busy = slices.Delete(l.busy, i, i+1)
	}
}

// addApps notes that a unit has so many apps.
func (l *limiter) addApps(apps int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.apps += apps
}

// budget returns the CPU time that a run may take, given how much it compiles.
// What a stranger can add to a repository for next to nothing, such as packages
// without an app, adds next to nothing; and nothing raises it above the end.
func budget(l load.Limits, apps int, input int64) time.Duration {
	total := float64(l.Time) + float64(l.PerApp)*float64(apps) + float64(l.PerMiB)*float64(input)/(1<<20)
	if l.MostTime > 0 {
		total = min(total, float64(max(l.MostTime, l.Time)))
	}
	return time.Duration(min(total, float64(math.MaxInt64/2)))
}

// usage is what a run has used so far.
type usage struct {
	cpu, clock time.Duration
	memory     int64
}

// exceeded reports the limit that a run has exceeded, or nil.
func (l *limiter) exceeded(t usage) *diag.Diagnostic {
	l.mu.Lock()
	defer l.mu.Unlock()
	limits := l.limits
	budget := budget(limits, l.apps, l.input)
	switch {
	case limits.Memory > 0 && t.memory > limits.Memory:
		return l.culprit(diag.MemoryLimit, "this takes more than "+load.Size(limits.Memory)+" of memory to compile")
	case limits.Time > 0 && t.cpu > budget:
		return l.culprit(diag.TimeLimit, "this takes more than "+budget.Round(time.Millisecond).String()+" of CPU time to compile")
	case limits.Elapsed > 0 && t.clock > limits.Elapsed:
		return l.culprit(diag.TimeLimit, "this is still not compiled after "+limits.Elapsed.String()+"; the machine may be too busy")
	}
	return nil
}

// culprit reports a limit at the unit that has been worked on for the longest
// time.
func (l *limiter) culprit(code diag.Code, message string) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: code, Severity: diag.Error, Message: message}
	if len(l.busy) > 0 {
		d.At = l.busy[0]
	}
	return d
}

// heapInUse returns how much memory the process has from the system for its heap
// and stacks, in bytes. Reading it does not stop the world.
func heapInUse() int64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

// tooManyObjects reports the first unit with which a target has more objects
// than the limit.
func tooManyObjects(units []compiledUnit, limit int) (diags diag.List) {
	count := map[string]int{}
	for _, u := range units {
		if u.spec == nil {
			continue
		}
		name := u.spec.Declared.Name()
		before := count[name]
		if count[name] += len(u.spec.Manifest.Objects); limit > 0 && count[name] > limit && before <= limit {
			diags.Add(diag.Diagnostic{
				Code: diag.TooManyObjects, Severity: diag.Error, At: u.start,
				Message: fmt.Sprintf("with this there are more than %d objects", limit),
			})
		}
	}
	return diags
}
