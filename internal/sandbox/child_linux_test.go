package sandbox

import (
	"bytes"
	"errors"
	"io"
	"os"
	"strings"
	"syscall"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
)

// shell is a child that is a script of the shell.
func shell(script string) Child {
	return Child{Program: "/bin/sh", Args: []string{"-c", script}, Dir: "/", Limits: load.Limits{Memory: 8 << 20}}
}

func TestChild_Run(t *testing.T) {
	tooMuch := "error[memory-limit]: the specs take more than 8 MiB of memory to compile\n"
	for _, test := range []struct {
		name, script   string
		stdout, stderr string
		err            string // "" for none
	}{
		{"all is passed on", "cat; pwd; echo talk >&2", "in\n/\n", "talk\n", ""},
		{"the child is marked with its parent", "test \"$BELAY_SUPERVISED\" = \"by process $PPID\" && echo yes", "yes\n", "", ""},
		{"so is an exit code, with what was printed", "echo out; echo talk >&2; exit 3", "out\n", "talk\n", "exit status 3"},
		{"of a child that was killed nothing is", "echo out; kill -9 $$", "", "", "the process that compiles was ended from outside, as the system does when memory runs out: signal: killed"},
		{"one that fills memory is ended", "exec dd if=/dev/zero of=/dev/null bs=200M count=40", "", tooMuch, "exit status 1"},
		{"what it prints is no crash", "echo out; echo 'fatal error: runtime: out of memory' >&2; exit 2", "out\n", "fatal error: runtime: out of memory\n", "exit status 2"},
	} {
		t.Run(test.name, func(t *testing.T) {
			child := shell(test.script)
			child.Stdin = strings.NewReader("in\n")
			var stdout, stderr bytes.Buffer
			err := child.Run(&stdout, &stderr)
			if test.err == "" {
				assert.NoError(t, err)
			} else {
				assert.EqualError(t, err, test.err)
			}
			assert.Equal(t, test.stdout, stdout.String())
			assert.Equal(t, test.stderr, stderr.String())
		})
	}
}

// What nobody has told yet is no ExitCode.
func TestChild_Run_Faults(t *testing.T) {
	var code ExitCode
	gone := Child{Program: "/no/such/program"}
	err := gone.Run(io.Discard, io.Discard)
	assert.ErrorContains(t, err, "/no/such/program")
	assert.False(t, errors.As(err, &code))

	full, err := os.OpenFile("/dev/full", os.O_WRONLY, 0)
	require.NoError(t, err)
	defer full.Close()
	for _, script := range []string{"echo out; echo talk >&2; exit 1", "echo 'fatal error: out of memory' >&2; echo crash >&3; kill -9 $$"} {
		err := shell(script).Run(full, full)
		assert.ErrorIs(t, err, syscall.ENOSPC)
		assert.False(t, errors.As(err, &code))
	}
}
