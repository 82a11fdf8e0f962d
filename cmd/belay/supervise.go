package main

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"slices"
	"time"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
)

// supervisedVariable marks the process that a supervisor started.
const supervisedVariable = "BELAY_SUPERVISED"

// supervisor is the program to start for a confined run, or "" in the process
// that was started for one.
func supervisor() string {
	self, err := os.Executable()
	if err != nil || os.Getenv(supervisedVariable) != "" {
		return ""
	}
	return self
}

// exitCode is the code that a supervised process ended with. It has said all.
type exitCode int

func (e exitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

const (
	// glance is how often the supervisor looks.
	glance = 2 * time.Millisecond
	// program is what a process has in memory of the program itself, in bytes.
	program = 40 << 20
)

// supervise runs belay with its own arguments in a process of its own, and
// passes on what that has to say. CUE can ask for any amount of memory at once,
// and what Go does then, it does to the whole process.
func (c *cli) supervise(opts load.Options, stdin io.Reader) error {
	cmd := exec.Command(c.self, c.args...)
	cmd.Dir = c.dir
	cmd.Env = append(os.Environ(), supervisedVariable+"=1")
	cmd.Stdin = stdin
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	over, err := watchOver(cmd.Process, done, opts.Limits.Memory+program)
	if over || crashed(stderr.Bytes()) {
		return c.report(diag.List{{
			Code: diag.MemoryLimit, Severity: diag.Error,
			Message: "the specs take more than " + load.Size(opts.Limits.Memory) + " of memory to compile",
		}}, opts)
	}
	if err := c.emit(stdout.Bytes()); err != nil {
		return err
	}
	if _, err := c.err.Write(stderr.Bytes()); err != nil {
		return err
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		return exitCode(exit.ExitCode())
	}
	return err
}

// watchOver waits for a process to end, and ends it if it takes more memory.
func watchOver(p *os.Process, done <-chan error, limit int64) (over bool, err error) {
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			return over, err
		case <-tick.C:
			if !over && resident(p.Pid) > limit {
				over = true
				_ = p.Kill() // it may have ended meanwhile
			}
		}
	}
}

// resident is what a process has in memory, in bytes; 0 where the system does
// not say (proc_pid_statm(5)).
func resident(pid int) int64 {
	var size, pages int64
	data, err := os.ReadFile(fmt.Sprintf("/proc/%d/statm", pid))
	if err != nil {
		return 0
	}
	if _, err := fmt.Sscan(string(data), &size, &pages); err != nil {
		return 0
	}
	return pages * int64(os.Getpagesize())
}

// crashed reports whether Go ended a process for want of memory.
func crashed(stderr []byte) bool {
	return slices.ContainsFunc([]string{"runtime: out of memory", "fatal error: ", "runtime: goroutine stack exceeds"}, func(text string) bool {
		return bytes.HasPrefix(stderr, []byte(text))
	})
}
