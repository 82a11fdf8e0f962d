package fault

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// panics are ways to panic, in a process of its own.
var panics = map[string]func(){
	"nothing": func() {},
	"text":    func() { panic("belay internal: no spec") },
	"error":   func() { panic(errors.New("broken\nerror[fake]: all is well")) },
	"runtime": func() {
		var none []int
		_ = none[len(os.Args)]
	},
	"goroutine": func() {
		done := make(chan struct{})
		go func() {
			defer Exit()
			defer close(done)
			panic("of a worker")
		}()
		select {} // as a caller who waits for what the worker never sends
	},
}

func TestMain(m *testing.M) {
	if f, ok := panics[os.Getenv("TEST_PANIC")]; ok {
		defer Exit()
		f()
		return
	}
	os.Exit(m.Run())
}

func TestExit(t *testing.T) {
	self, err := os.Executable()
	require.NoError(t, err)
	for name, first := range map[string]string{
		"nothing":   "",
		"text":      "belay: internal fault: panic: belay internal: no spec\n",
		"error":     `belay: internal fault: panic: "broken\nerror[fake]: all is well"` + "\n",
		"runtime":   "belay: internal fault: panic: runtime error: index out of range [1] with length 0\n",
		"goroutine": "belay: internal fault: panic: of a worker\n",
	} {
		t.Run(name, func(t *testing.T) {
			cmd := exec.Command(self)
			cmd.Env = append(os.Environ(), "TEST_PANIC="+name)
			var stderr bytes.Buffer
			cmd.Stderr = &stderr
			err := cmd.Run()
			if first == "" {
				assert.NoError(t, err)
				assert.Empty(t, stderr.String())
				return
			}
			assert.EqualError(t, err, "exit status 2")
			assert.True(t, strings.HasPrefix(stderr.String(), first), stderr.String())
			assert.Contains(t, stderr.String(), "fault_test.go:")
			assert.True(t, strings.HasSuffix(stderr.String(), "\n"+Notice), stderr.String())
		})
	}
}
