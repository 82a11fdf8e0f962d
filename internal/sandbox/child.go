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
	Limits  load.Limits // the supervisor enforces Memory, Elapsed and Output
}

// ExitCode is the error of a run that has printed what is wrong: its caller only has
// to exit with the code.
type ExitCode int

// Reported is the code of a run whose input has errors.
const Reported ExitCode = 1

func (e ExitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

const (
	// pollInterval is the time between two checks of the limits.
	pollInterval = 2 * time.Millisecond
	// programSize is how much memory the program itself takes, in bytes.
	programSize = 40 << 20
	// grace is how long the process may take, by the clock, to end by itself after it
	// has exceeded its limits.
	grace = 5 * time.Second
	// maxMessages is how many bytes of messages a run may print.
	maxMessages = 256 << 10
)

// Run starts a program of belay's in a process of its own, with bounds on it,
// and waits for it. CUE can allocate any amount of memory at once, and Go then ends
// the whole process.
//
// The process does not outlive this one, because a host with a deadline kills only
// the process that it has started. The output is passed on when the process has
// ended, and not at all if it did not end by itself. The error is an ExitCode if what
// is wrong has been printed: the process's own, Reported if it exceeded a limit, and
// fault.Code if it crashed.
func (c Child) Run(stdout, stderr io.Writer) error {
	cmd := exec.Command(c.Program, c.Args...)
	cmd.Dir = c.Dir
	cmd.Stdin = c.Stdin
	cmd.WaitDelay = time.Second // a process that inherited the output may still have it open
	out, messages := &bounded{limit: c.Limits.Output}, &bounded{limit: maxMessages}
	cmd.Stdout, cmd.Stderr = out, messages
	crash, err := supervise(cmd)
	if err != nil {
		return err
	}
	defer endWithParent(cmd)()
	if err := crash.start(cmd); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() {
		defer fault.Exit()
		done <- cmd.Wait()
	}()
	exceeded, err := c.enforce(cmd.Process, done, out)
	trace := crash.trace()
	switch {
	case exceeded != "":
		return c.report(stderr, exceeded)
	case trace.outOfMemory(messages.Bytes()):
		return c.report(stderr, diag.MemoryLimit)
	case trace != nil || wasFaultSignal(err):
		return reportCrash(stderr, messages, err)
	}
	var exit *exec.ExitError
	if err != nil && !(errors.As(err, &exit) && exit.Exited()) {
		return fmt.Errorf("the process that compiles was ended from outside, as the system does when memory runs out: %w", err)
	}
	if _, err := stdout.Write(out.Bytes()); err != nil {
		return err
	}
	if err := messages.writeTo(stderr); err != nil {
		return err
	}
	if err != nil {
		return ExitCode(exit.ExitCode())
	}
	return nil
}

// enforce waits for a process to end, and kills it if it exceeds a limit.
func (c Child) enforce(p *os.Process, done <-chan error, out *bounded) (exceeded diag.Code, err error) {
	start := time.Now()
	tick := time.NewTicker(pollInterval)
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
			case l.Memory > 0 && resident(p.Pid) > l.Memory+programSize:
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
