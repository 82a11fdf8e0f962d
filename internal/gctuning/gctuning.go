// Package gctuning sets the garbage collector's pace before the packages that
// belay is linked with fill the heap: most runs end before the heap would have
// been worth collecting, and the first collection is a tenth of a short run.
//
// What the user sets in the environment is honoured: GOGC instead of percent,
// and GOMEMLIMIT instead of the limit that follows the heap.
//
// Go initialises packages without dependencies in the order of their paths
// (https://go.dev/ref/spec#Program_initialization), so this one comes before
// nearly all that allocate.
package gctuning

import (
	"math"
	"os"
	"runtime"
	"runtime/debug"
	"runtime/metrics"
	"sync"
)

const (
	// percent is how far the heap may grow between collections while it is
	// below the limit.
	percent = 400
	// least is the limit for a small heap, in bytes.
	least = 120 << 20
	// room is how many times the live heap the limit is at least. With less, the
	// collector runs all the time once the live heap comes near the limit: with 2,
	// each of 32,000 apps takes a fifth longer than each of 1,000; with 4, no longer.
	room = 4
)

// pace is the state of the memory limit of this process.
var pace struct {
	mu  sync.Mutex
	cap int64 // what the limit is never raised above, in bytes
}

func init() {
	pace.cap = math.MaxInt64
	if !SetPercent(percent) {
		return // a limit of ours would change the user's pace
	}
	if os.Getenv("GOMEMLIMIT") == "" {
		debug.SetMemoryLimit(least)
		follow()
	}
}

// SetPercent sets how far the heap may grow between collections, unless the
// user has set that (GOGC). It reports whether it did.
func SetPercent(percent int) bool {
	if os.Getenv("GOGC") != "" {
		return false
	}
	debug.SetGCPercent(percent)
	return true
}

// Bound keeps the memory limit below the number of bytes that a run may take
// before it is ended, so that garbage alone never ends it. A lower limit of the
// user's stays.
func Bound(bytes int64) {
	pace.mu.Lock()
	defer pace.mu.Unlock()
	pace.cap = bytes
	if debug.SetMemoryLimit(-1) > bytes {
		debug.SetMemoryLimit(bytes)
	}
}

// A cycle becomes garbage at once, and so is finalized after each collection.
type cycle struct{ _ [64]byte }

// follow sets the memory limit after each collection, from then on.
func follow() {
	runtime.SetFinalizer(&cycle{}, func(*cycle) {
		raise(live())
		follow()
	})
}

// raise sets the memory limit for a live heap of so many bytes.
func raise(live int64) {
	pace.mu.Lock()
	defer pace.mu.Unlock()
	debug.SetMemoryLimit(limitFor(live, pace.cap))
}

// limitFor returns the memory limit for a live heap, in bytes.
func limitFor(live, most int64) int64 {
	return min(max(least, room*live), most)
}

// live returns how many bytes the last collection found to be in use.
func live() int64 {
	sample := []metrics.Sample{{Name: "/gc/heap/live:bytes"}}
	metrics.Read(sample)
	return int64(sample[0].Value.Uint64())
}
