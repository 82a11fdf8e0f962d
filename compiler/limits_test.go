package compiler

import (
	"context"
	"math"
	"sync/atomic"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// limited are limits of every kind.
var limited = load.Limits{
	Time: time.Second, PerApp: 5 * time.Millisecond, PerMiB: 2 * time.Second, MostTime: 20 * time.Second,
	Elapsed: time.Minute, Memory: 100 << 20,
}

func TestBudget(t *testing.T) {
	unbounded := load.Limits{Time: time.Second, PerApp: time.Second}
	for _, test := range []struct {
		name   string
		limits load.Limits
		apps   int
		input  int64
		want   time.Duration
	}{
		{"nothing yet", limited, 0, 0, time.Second},
		{"apps add", limited, 1000, 0, 6 * time.Second},
		{"bytes add", limited, 0, 3 << 20, 7 * time.Second},
		{"both add", limited, 1000, 3 << 20, 12 * time.Second},
		{"3,000 packages of one line add next to nothing", limited, 0, 3000 * 20, 1114440918 * time.Nanosecond},
		{"apps end somewhere", limited, 1_000_000, 0, 20 * time.Second},
		{"so do bytes", limited, 0, math.MaxInt64, 20 * time.Second},
		{"the end does not lower what is set", load.Limits{Time: time.Hour, PerApp: time.Second, MostTime: time.Minute}, 10, 0, time.Hour},
		{"there may be no end", unbounded, 99, 0, 100 * time.Second},
		{"more than a duration can hold", unbounded, math.MaxInt64, 0, math.MaxInt64 / 2},
		{"what is set alone", load.Limits{Time: 3 * time.Second}, 1_000_000, 1 << 40, 3 * time.Second},
	} {
		assert.InDelta(t, test.want, budget(test.limits, test.apps, test.input), 1000, test.name)
	}
}

// The clock decides nothing below its own bound, however little of the
// processors the run was given.
func TestLimiter_Exceeded(t *testing.T) {
	for _, test := range []struct {
		name    string
		usage   usage
		apps    int
		code    diag.Code // "" for none
		message string
	}{
		{"nothing", usage{}, 0, "", ""},
		{"a busy machine", usage{cpu: 999 * time.Millisecond, clock: 59 * time.Second}, 0, "", ""},
		{"CPU time", usage{cpu: 1001 * time.Millisecond, clock: time.Second}, 0, diag.TimeLimit, "this takes more than 1s of CPU time to compile"},
		{"CPU time of several processors", usage{cpu: 1001 * time.Millisecond, clock: time.Millisecond}, 0, diag.TimeLimit, "this takes more than 1s of CPU time to compile"},
		{"the same with apps", usage{cpu: 1001 * time.Millisecond}, 1, "", ""},
		{"the clock", usage{cpu: time.Millisecond, clock: 61 * time.Second}, 1_000_000, diag.TimeLimit, "this is still not compiled after 1m0s; the machine may be too busy"},
		{"memory", usage{memory: 100<<20 + 1}, 0, diag.MemoryLimit, "this takes more than 100 MiB of memory to compile"},
	} {
		t.Run(test.name, func(t *testing.T) {
			l := &limiter{limits: limited}
			l.addApps(test.apps)
			d := l.exceeded(test.usage)
			if test.code == "" {
				assert.Nil(t, d)
				return
			}
			require.NotNil(t, d)
			assert.Equal(t, test.code, d.Code)
			assert.Equal(t, test.message, d.Message)
		})
	}
	unlimited := &limiter{}
	assert.Nil(t, unlimited.exceeded(usage{cpu: time.Hour, clock: time.Hour, memory: 1 << 40}))
}

// TestCPUTime burns CPU time until the process has been charged for it. Sleeping
// costs nothing: of a second, less than a tenth is charged, even with the test's
// own runtime at work.
func TestCPUTime(t *testing.T) {
	before := cpuTime()
	for cpuTime()-before < 20*time.Millisecond {
	}
	before = cpuTime()
	time.Sleep(time.Second)
	assert.Less(t, cpuTime()-before, 900*time.Millisecond)
}

// TestRunLimited_NamesTheUnit has a run that computes for ever in one of two units:
// it ends by the CPU time that it takes, at the unit that is still at work.
func TestRunLimited_NamesTheUnit(t *testing.T) {
	limits := load.Limits{Time: 50 * time.Millisecond}
	var stop atomic.Bool
	defer stop.Store(true)
	_, diags, err := runLimited(t.Context(), limits, func(_ context.Context, l *limiter) (int, diag.List, error) {
		done := l.trackUnit(unitOf(t, "quick.yaml"))
		l.trackUnit(unitOf(t, "endless.yaml"))
		done()
		for !stop.Load() { // CPU time passes
		}
		return 0, nil, nil
	})
	require.NoError(t, err)
	require.Len(t, diags, 1)
	assert.Equal(t, diag.TimeLimit, diags[0].Code)
	assert.Equal(t, "endless.yaml", diags[0].At.File)
}

// unitOf is a unit of a file that is not on disk.
func unitOf(t *testing.T, name string) *load.Unit {
	t.Helper()
	units, err := load.FindUnits([]string{name}, load.Options{Dir: "/nowhere", Files: map[string][]byte{"/nowhere/" + name: []byte("apps: {}\n")}})
	require.NoError(t, err)
	require.Len(t, units, 1)
	return units[0]
}
