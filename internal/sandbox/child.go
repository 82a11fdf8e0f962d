// Package sandbox runs the compiler in a process of its own, bounds it from
// outside, and reports how it ended.
package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
)

// A Child is a run in a process of its own.
type Child struct {
	Program string // its path
	Args    []string
	Dir     string // its working directory
	Stdin   io.Reader
	Limits  load.Limits // of which the supervisor enforces Memory, Elapsed and Output
}

// ExitCode is what a run has ended with that has reported what is wrong: there
// is nothing left to do with it but to exit.
type ExitCode int

// Reported is the code of a run whose input has errors.
const Reported ExitCode = 1

func (e ExitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

const (
	// glance is how often the supervisor looks.
	glance = 2 * time.Millisecond
	// program is what a process has in memory of the program itself, in bytes.
	program = 40 << 20
	// grace is how long a run may take, by the clock, to end by itself at its own
	// limits.
	grace = 5 * time.Second
	// maxMessages is how many bytes of messages a run may print.
	maxMessages = 256 << 10
)

// Run starts a program of belay's in a process of its own, with bounds on it,
// and waits for it. CUE can ask for any amount of memory at once, and what Go
// does then, it does to the whole process.
//
// The process does not outlive this one: a host that loses patience kills this
// one, and has no knowledge of the other. What it printed is passed on once it
// has ended, and nothing if it did not end by itself. The error is an ExitCode
// if what is wrong has been printed: the process's own, Reported if it exceeded
// a limit, and fault.Code if it crashed.
func (c Child) Run(stdout, stderr io.Writer) error {
	cmd := exec.Command(c.Program, c.Args...)
	cmd.Dir = c.Dir
	cmd.Stdin = c.Stdin
	cmd.WaitDelay = time.Second // for what inherited the output and is still there
	out, talk := &bounded{limit: c.Limits.Output}, &bounded{limit: maxMessages}
	cmd.Stdout, cmd.Stderr = out, talk
	crash, err := supervise(cmd)
	if err != nil {
		return err
	}
	defer tied(cmd)()
	if err := crash.start(cmd); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer fault.Exit()
		done <- cmd.Wait()
	}()
	exceeded, err := c.watchOver(cmd.Process, done, out)
	trace := crash.trace()
	switch {
	case exceeded != "":
		return c.report(stderr, exceeded)
	case trace.outOfMemory(talk.Bytes()):
		return c.report(stderr, diag.MemoryLimit)
	case trace != nil || diedOfAFault(err):
		return reportCrash(stderr, talk, err)
	}
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.Exited()) {
		return fmt.Errorf("the process that compiles was ended from outside, as the system does when memory runs out: %w", err)
	}
	if _, err := stdout.Write(out.Bytes()); err != nil {
		return err
	}
	if err := talk.writeTo(stderr); err != nil {
		return err
	}
	if err != nil {
		return ExitCode(exit.ExitCode())
	}
	return nil
}

// watchOver waits for a process to end, and ends it if it exceeds a limit.
func (c Child) watchOver(p *os.Process, done <-chan error, out *bounded) (exceeded diag.Code, err error) {
	start := time.Now()
	tick := time.NewTicker(glance)
	defer tick.Stop()
	for {
		select {
		case err := <-done:
			if out.cut() {
				exceeded = diag.OutputLimit
			}
			return exceeded, err
		case <-tick.C:
			if exceeded != "" {
				continue
			}
			switch l := c.Limits; {
			case l.Memory > 0 && resident(p.Pid) > l.Memory+program:
				exceeded = diag.MemoryLimit
			case l.Elapsed > 0 && time.Since(start) > l.Elapsed+grace:
				exceeded = diag.TimeLimit
			case out.cut():
				exceeded = diag.OutputLimit
			default:
				continue
			}
			_ = p.Kill() // it may have ended meanwhile
		}
	}
}

// report prints which limit was exceeded.
func (c Child) report(stderr io.Writer, code diag.Code) error {
	message := map[diag.Code]string{
		diag.MemoryLimit: "the specs take more than " + load.Size(c.Limits.Memory) + " of memory to compile",
		diag.TimeLimit:   "the specs are still not compiled after " + c.Limits.Elapsed.String() + "; the machine may be too busy",
		diag.OutputLimit: "the output is larger than " + load.Size(c.Limits.Output),
	}[code]
	limit := diag.List{{Code: code, Severity: diag.Error, Message: message}}
	if _, err := stderr.Write(diag.Text{}.Print(limit)); err != nil {
		return err
	}
	return Reported
}

// BoundsMemory reports whether Child.Run ends a process as soon as it takes too
// much memory on an operating system. On others the process notices that itself,
// and may be too late.
func BoundsMemory(goos string) bool { return goos == "linux" }

// resident returns how much memory a process has, in bytes; 0 where the system does
// not report it (proc_pid_statm(5)): see BoundsMemory.
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

// lastLine returns the last line of a text that ends in a line break.
func lastLine(text []byte) []byte {
	text = bytes.TrimSuffix(text, []byte("\n"))
	return text[bytes.LastIndexByte(text, '\n')+1:]
}
