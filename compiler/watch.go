package compiler

import (
	"fmt"
	"runtime/metrics"
	"slices"
	"sync"
	"time"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
)

// interval is how often a run is looked at: at the pace that Go can fill
// memory, a few megabytes.
const interval = 4 * time.Millisecond

// A watch holds a run to its limits. CUE's evaluator can't be interrupted, so
// what goes over a limit is left behind, still running, and the caller is
// expected to print what the watch says and to end the process. The watch
// itself comes late where Go's collector waits for a copy of many megabytes to
// end, with all else at a halt; a bound that must hold is another process's.
type watch struct {
	limits load.Limits
	mu     sync.Mutex
	units  int
	busy   []diag.Range // where the units start that are being worked on, the oldest first
}

// within runs f, unless that takes too much: then the list has nothing but the
// unit that did, or was at least the one that took longest.
func within[T any](limits load.Limits, f func(*watch) (T, diag.List, error)) (T, diag.List, error) {
	w := &watch{limits: limits}
	if limits.Time == 0 && limits.Memory == 0 {
		return f(w)
	}
	type result struct {
		value T
		diags diag.List
		err   error
	}
	done := make(chan result, 1)
	go func() {
		value, diags, err := f(w)
		done <- result{value, diags, err}
	}()
	start := time.Now()
	tick := time.NewTicker(interval)
	defer tick.Stop()
	for {
		select {
		case r := <-done:
			return r.value, r.diags, r.err
		case <-tick.C:
			if d := w.over(time.Since(start)); d != nil {
				var none T
				return none, diag.List{*d}, nil
			}
		}
	}
}

// work notes that a unit is being worked on, until the function that it
// returns is called.
func (w *watch) work(u *load.Unit) (done func()) {
	at := u.Start()
	w.mu.Lock()
	defer w.mu.Unlock()
	w.units++
	w.busy = append(w.busy, at)
	return func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		i := slices.Index(w.busy, at)
		w.busy = slices.Delete(w.busy, i, i+1)
	}
}

// over is what the run takes too much of, or nil.
func (w *watch) over(elapsed time.Duration) *diag.Diagnostic {
	w.mu.Lock()
	defer w.mu.Unlock()
	budget := w.limits.Time * time.Duration(1+w.units/100)
	switch {
	case w.limits.Time > 0 && elapsed > budget:
		return w.blame(diag.TimeLimit, "this takes more than "+budget.String()+" to compile")
	case w.limits.Memory > 0 && used() > w.limits.Memory:
		return w.blame(diag.MemoryLimit, "this takes more than "+load.Size(w.limits.Memory)+" of memory to compile")
	}
	return nil
}

func (w *watch) blame(code diag.Code, message string) *diag.Diagnostic {
	d := &diag.Diagnostic{Code: code, Severity: diag.Error, Message: message}
	if len(w.busy) > 0 {
		d.At = w.busy[0]
	}
	return d
}

// used is how much memory the process has of the system for heap and stacks,
// in bytes. Reading it does not stop the world.
func used() int64 {
	samples := []metrics.Sample{
		{Name: "/memory/classes/total:bytes"},
		{Name: "/memory/classes/heap/released:bytes"},
	}
	metrics.Read(samples)
	return int64(samples[0].Value.Uint64() - samples[1].Value.Uint64())
}

// tooMany tells the first unit whose objects are more than a manifest may have.
func tooMany(units []*load.Unit, compiled []compiled, limit int) diag.List {
	count := 0
	for i, c := range compiled {
		if count += len(c.manifest.Objects); limit > 0 && count > limit {
			return diag.List{{
				Code: diag.TooManyObjects, Severity: diag.Error, At: units[i].Start(),
				Message: fmt.Sprintf("with this there are more than %d objects", limit),
			}}
		}
	}
	return nil
}
