package compiler

import (
	"bytes"
	"regexp"
	"runtime"
	"sync"
	"time"

	"github.com/belay-sh/belay/internal/fault"
)

// Go notices a deadlock itself only in programs without C code.
const (
	// idleTime is how long a run takes next to no CPU time before it is suspected
	// of a deadlock.
	idleTime = time.Second
	// idleCPU is less CPU time than a run takes in idleTime that does anything,
	// and more than its watch takes.
	idleCPU = 50 * time.Millisecond
)

// idleness follows the CPU time of the process.
type idleness struct {
	cpu   time.Duration // at the time below
	clock time.Time
}

// lasts reports, once in each idleTime, whether the process took next to no CPU
// time since it last did so.
func (i *idleness) lasts() bool {
	now := time.Now()
	if now.Sub(i.clock) < idleTime {
		return false
	}
	cpu := cpuTime()
	idle := cpu-i.cpu < idleCPU
	i.cpu, i.clock = cpu, now
	return idle
}

// endIfDeadlocked ends the process, with a report of the fault, if all other
// goroutines wait for each other. On a machine that gives the process no time
// they do not: they are ready to run.
func endIfDeadlocked() {
	stacks := make([]byte, 1<<20)
	n := runtime.Stack(stacks, true)
	if stacks := stacks[:n]; n < cap(stacks) && deadlocked(stacks) {
		fault.End("deadlock: all goroutines wait for each other", stacks)
	}
}

// goroutineState is the first line of a goroutine's stack.
var goroutineState = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^goroutine \d+ (?:.* )?\[([^\],]+).*\]:$`) })

// waits are the states of a goroutine that only another one can end.
var waits = map[string]bool{
	"chan receive": true, "chan send": true, "chan receive (nil chan)": true, "chan send (nil chan)": true,
	"select": true, "select (no cases)": true, "semacquire": true,
	"sync.Mutex.Lock": true, "sync.RWMutex.Lock": true, "sync.RWMutex.RLock": true, "sync.Cond.Wait": true, "sync.WaitGroup.Wait": true,
}

// deadlocked reports whether all goroutines wait, but for the first, which is
// the one that had the stacks printed. It reports false for a text that it does
// not understand to the end.
func deadlocked(stacks []byte) bool {
	states := goroutineState().FindAllSubmatch(stacks, -1)
	if len(states) < 2 || len(states) != bytes.Count(stacks, []byte("\n\n"))+1 {
		return false
	}
	for _, s := range states[1:] {
		if !waits[string(s[1])] {
			return false
		}
	}
	return true
}
