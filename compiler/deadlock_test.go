package compiler

import (
	"bytes"
	"context"
	"os"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
)

// hangs are ways for a run never to end, in a process of its own, and whether
// it is a deadlock.
var hangs = map[string]struct {
	run      func()
	deadlock bool
}{
	"a channel that nobody sends on": {func() { <-make(chan int) }, true},
	"a lock that is held": {func() {
		var mu sync.Mutex
		mu.Lock()
		mu.Lock()
	}, true},
	"workers that wait for each other": {func() {
		a, b := make(chan int), make(chan int)
		var workers sync.WaitGroup
		workers.Go(func() { a <- <-b })
		workers.Go(func() { b <- <-a })
		workers.Wait()
	}, true},
	"input that does not come": {func() { _, _ = os.Stdin.Read(make([]byte, 1)) }, false},
	"time":                     {func() { time.Sleep(time.Hour) }, false},
}

func TestMain(m *testing.M) {
	if h, ok := hangs[os.Getenv("TEST_HANG")]; ok {
		_, diags, _ := runLimited(context.Background(), load.Limits{Elapsed: 3 * time.Second}, func(context.Context, *limiter) (int, diag.List, error) {
			h.run()
			return 0, nil, nil
		})
		_, _ = os.Stderr.WriteString(diags[0].Message)
		os.Exit(1)
	}
	os.Exit(m.Run())
}

func TestRunLimited_Deadlock(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for name, h := range hangs {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), "TEST_HANG="+name)
			_, err := cmd.StdinPipe()
			require.NoError(t, err)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err = cmd.Run()
			if !h.deadlock {
				assert.EqualError(t, err, "exit status 1")
				assert.Equal(t, "this is still not compiled after 3s; the machine may be too busy", stderr.String())
				return
			}
			assert.EqualError(t, err, "exit status 2")
			assert.True(t, strings.HasPrefix(stderr.String(), "belay: internal fault: deadlock: "), stderr.String())
			assert.Contains(t, stderr.String(), "deadlock_test.go:")
			assert.True(t, strings.HasSuffix(stderr.String(), fault.Notice))
		})
	}
}

// A goroutine that runs, is ready to run, or waits for the system is at work.
func TestDeadlocked(t *testing.T) {
	const self = "goroutine 1 [running]:\nmain.main()\n\t/x.go:1 +0x1\n\n"
	for state, want := range map[string]bool{
		"chan receive": true, "chan receive, 5 minutes": true, "select (no cases)": true, "sync.Mutex.Lock, locked to thread": true,
		"runnable": false, "running": false, "syscall, 2 minutes": false, "IO wait": false, "sleep": false, "GC assist wait": false,
	} {
		assert.Equal(t, want, deadlocked([]byte(self+"goroutine 7 ["+state+"]:\nmain.f()\n\t/x.go:2 +0x1\n")), state)
	}
	assert.False(t, deadlocked([]byte(self[:len(self)-1])), "nobody else")
	assert.False(t, deadlocked([]byte(self+"goroutine 7 [chan receive]:\nf()\n\ngoroutine 8 [runnable]:\nf()\n")))
	assert.False(t, deadlocked([]byte(self+"goroutine 7 [chan receive]:\nf()\n\ngorouti")), "cut")
}
