package compiler

import (
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

// runLimited runs f, unless that exceeds a limit: then the list has nothing but the
// unit that did, or was at least the one that took longest.
func runLimited[T any](limits load.Limits, f func(*limiter) (T, diag.List, error)) (T, diag.List, error) {
	w := &limiter{limits: limits}
	if limits.Time == 0 && limits.Elapsed == 0 && limits.Memory == 0 {
		return f(w)
	}
	type result struct {
		value T
		diags diag.List
		err   error
	}
	done := make(chan result, 1)
	go func() {
		defer fault.Exit()
		value, diags, err := f(w)
		done <- result{value, diags, err}
	}()
	cpu, clock := cpuTime(), time.Now()
	idle := idleness{cpu: cpu, clock: clock}
	tick := time.NewTicker(pollInterval)
	defer tick.Stop()
	for {
		select {
		case r := <-done:
			return r.value, r.diags, r.err
		case <-tick.C:
			if idle.lasts() {
				endIfDeadlocked()
			}
			if d := w.exceeded(usage{cpuTime() - cpu, time.Since(clock), heapInUse()}); d != nil {
				var none T
				return none, diag.List{*d}, nil
			}
		}
	}
}

// trackUnit notes that a unit is being worked on, until the function that it
// returns is called.
func (w *limiter) trackUnit(u *load.Unit) (done func()) {
	at, size := u.Start(), u.Size()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.input += size
	w.busy = append(w.busy, at)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.Index(w.busy, at)
		w.busy = slices.Delete(w.busy, i, i+1)
	}
}

// addApps notes that a unit has so many apps.
func (w *limiter) addApps(apps int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.apps += apps
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

// usage is what a run has usage so far.
type usage struct {
	cpu, clock time.Duration
	memory     int64
}

// exceeded reports the limit that a run has exceeded, or nil.
func (w *limiter) exceeded(t usage) *diag.Diagnostic {
	w.mu.Lock()
	defer w.mu.Unlock()
	l := w.limits
	budget := budget(l, w.apps, w.input)
	switch {
	case l.Memory > 0 && t.memory > l.Memory:
		return w.culprit(diag.MemoryLimit, "this takes more than "+load.Size(l.Memory)+" of memory to compile")
	case l.Time > 0 && t.cpu > budget:
		return w.culprit(diag.TimeLimit, "this takes more than "+budget.Round(time.Millisecond).String()+" of CPU time to compile")
	case l.Elapsed > 0 && t.clock > l.Elapsed:
		return w.culprit(diag.TimeLimit, "this is still not compiled after "+l.Elapsed.String()+"; the machine may be too busy")
	}
	return nil
}

func (w *limiter) culprit(code diag.Code, message string) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: code, Severity: diag.Error, Message: message}
	if len(w.busy) > 0 {
		d.At = w.busy[0]
	}
	return d
}

// heapInUse is how much memory the process has of the system for heap and stacks,
// in bytes. Reading it does not stop the world.
func heapInUse() int64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

// tooManyObjects reports the first unit with which a target has more objects than the
// limit.
func tooManyObjects(units []*load.Unit, compiled []compiled, limit int) (diags diag.List) {
	count := map[string]int{}
	for i, c := range compiled {
		name := c.declared.Name()
		before := count[name]
		if count[name] += len(c.manifest.Objects); limit > 0 && count[name] > limit && before <= limit {
			diags.Add(diag.Diagnostic{
				Code: diag.TooManyObjects, Severity: diag.Error, At: units[i].Start(),
				Message: fmt.Sprintf("with this there are more than %d objects", limit),
			})
		}
	}
	return diags
}
