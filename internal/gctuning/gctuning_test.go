package gctuning

import (
	"fmt"
	"math"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestLimitFor(t *testing.T) {
	for _, test := range []struct{ live, most, want int64 }{
		{0, math.MaxInt64, 120 << 20},
		{30 << 20, math.MaxInt64, 120 << 20},
		{31 << 20, math.MaxInt64, 124 << 20},
		{1 << 30, math.MaxInt64, 4 << 30},
		{1 << 30, 400 << 20, 400 << 20},
		{0, 20 << 20, 20 << 20},
	} {
		assert.Equal(t, test.want, limitFor(test.live, test.most), "%d alive, at most %d", test.live, test.most)
	}
}

// TestSettings runs itself with what users set in the environment, and fills
// a heap of 200 MiB: the limit follows it only where the user has set nothing.
func TestSettings(t *testing.T) {
	if want := os.Getenv("TEST_SETTINGS"); want != "" {
		assert.Equal(t, want, settled())
		return
	}
	self, err := os.Executable()
	require.NoError(t, err)
	for _, test := range []struct {
		name string
		env  []string
		want string
	}{
		{"nothing is set", []string{"GOGC=", "GOMEMLIMIT="}, "percent 400, limit above 800 MiB"},
		{"a memory limit", []string{"GOGC=", "GOMEMLIMIT=4GiB"}, "percent 400, limit 4096 MiB"},
		{"a memory limit that is below the heap", []string{"GOGC=", "GOMEMLIMIT=50MiB"}, "percent 400, limit 50 MiB"},
		{"a pace", []string{"GOGC=50", "GOMEMLIMIT="}, "percent 50, no limit"},
		{"the pace that Go has by default", []string{"GOGC=100", "GOMEMLIMIT="}, "percent 100, no limit"},
		{"no collection at all", []string{"GOGC=off", "GOMEMLIMIT="}, "percent -1, no limit"},
		{"both", []string{"GOGC=off", "GOMEMLIMIT=1GiB"}, "percent -1, limit 1024 MiB"},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(self, "-test.run=^TestSettings$", "-test.count=1")
			cmd.Env = append(append(os.Environ(), test.env...), "TEST_SETTINGS="+test.want)
			out, err := cmd.CombinedOutput()
			assert.NoError(t, err, "%s", out)
		})
	}
}

// settled describes the collector's settings once a heap of 200 MiB has been
// collected a few times.
func settled() string {
	kept := make([][]byte, 200)
	for i := range kept {
		kept[i] = make([]byte, 1<<20)
	}
	for range 3 {
		runtime.GC()
		waitForFinalizers()
	}
	limit := debug.SetMemoryLimit(-1)
	percent := debug.SetGCPercent(100)
	runtime.KeepAlive(kept)
	switch {
	case limit == math.MaxInt64:
		return fmt.Sprintf("percent %d, no limit", percent)
	case limit >= 800<<20 && limit < 850<<20:
		return fmt.Sprintf("percent %d, limit above 800 MiB", percent)
	}
	return fmt.Sprintf("percent %d, limit %d MiB", percent, limit>>20)
}

// waitForFinalizers returns once the finalizers of the last collection have
// run: one goroutine runs them all, in the order of their queue or nearly so,
// and this waits for two collections' worth.
func waitForFinalizers() {
	for range 2 {
		done := make(chan struct{})
		runtime.SetFinalizer(&cycle{}, func(*cycle) { close(done) })
		runtime.GC()
		<-done
	}
}

func TestBound(t *testing.T) {
	before := debug.SetMemoryLimit(-1)
	t.Cleanup(func() {
		Bound(math.MaxInt64)
		debug.SetMemoryLimit(before)
	})
	debug.SetMemoryLimit(1 << 30)
	Bound(300 << 20)
	assert.Equal(t, int64(300<<20), debug.SetMemoryLimit(-1), "a higher limit is lowered")
	raise(1 << 30)
	assert.Equal(t, int64(300<<20), debug.SetMemoryLimit(-1), "the heap does not raise it above")
	debug.SetMemoryLimit(50 << 20)
	Bound(300 << 20)
	assert.Equal(t, int64(50<<20), debug.SetMemoryLimit(-1), "a lower limit stays")
}
