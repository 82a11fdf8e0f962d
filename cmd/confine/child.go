package confine

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

// supervised is the variable that marks a process which Child.Run started.
const supervised = "BELAY_SUPERVISED"

// Self is the program of this process, to run again as a Child, or "" in the
// process that was started as one.
func Self() string {
	if os.Getenv(supervised) != "" {
		return ""
	}
	self, err := os.Executable()
	if err != nil {
		return os.Args[0] // a run that nobody watches would be worse than one that does not start
	}
	return self
}

// A Child is a run in a process of its own.
type Child struct {
	Program string // its path
	Args    []string
	Dir     string // its working directory
	Stdin   io.Reader
	Memory  int64 // that the run may take, in bytes, besides that of the program itself
}

// ExitCode is what a run has ended with that has told what was wrong: there is
// nothing left to do with it but to exit.
type ExitCode int

// Reported is the code of a run whose input has errors.
const Reported ExitCode = 1

func (e ExitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

const (
	// glance is how often the supervisor looks.
	glance = 2 * time.Millisecond
	// program is what a process has in memory of the program itself, in bytes.
	program = 40 << 20
)

// Run starts a program of belay's in a process of its own, with bounds on it,
// and waits for it. CUE can ask for any amount of memory at once, and what Go
// does then, it does to the whole process.
//
// It does not outlive this process: a host that loses patience kills that one,
// and knows of no other. What it has printed is passed on whole, once it has
// ended; nothing, if that was not by itself. The error is an ExitCode, if it
// ended with one, and Reported, if it took more memory than it may.
func (c Child) Run(stdout, stderr io.Writer) error {
	cmd := exec.Command(c.Program, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), supervised+"=1")
	cmd.Stdin = c.Stdin
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	defer tied(cmd)()
	if err := cmd.Start(); err != nil {
		return err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	over, err := watchOver(cmd.Process, done, c.Memory+program)
	if over || crashed(talk.Bytes()) {
		return c.tookTooMuch(stderr)
	}
	var exit *exec.ExitError
	switch {
	case errors.As(err, &exit) && exit.Exited():
		err = ExitCode(exit.ExitCode())
	case err != nil:
		return fmt.Errorf("the process that was to answer ended: %w", err)
	}
	if _, err := stdout.Write(out.Bytes()); err != nil {
		return err
	}
	if _, err := stderr.Write(talk.Bytes()); err != nil {
		return err
	}
	return err
}

func (c Child) tookTooMuch(stderr io.Writer) error {
	limit := diag.List{{
		Code: diag.MemoryLimit, Severity: diag.Error,
		Message: "the specs take more than " + load.Size(c.Memory) + " of memory to compile",
	}}
	if _, err := stderr.Write(diag.Text{}.Print(limit)); err != nil {
		return err
	}
	return Reported
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
