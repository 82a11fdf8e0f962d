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

// Supervised reports whether this process is one that another watches over.
func Supervised() bool { return os.Getenv(supervised) != "" }

// Self is the program of this process, to run again as a Child, or "" in the
// process that was started as one.
func Self() string {
	self, err := os.Executable()
	if err != nil || Supervised() {
		return ""
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

// ExitCode is the code that a child ended with. It has said all.
type ExitCode int

func (e ExitCode) Error() string { return fmt.Sprintf("exit status %d", int(e)) }

// ErrMemory is what ends a child that takes too much memory.
var ErrMemory = errors.New("too much memory")

// MemoryLimit tells ErrMemory to the user.
func MemoryLimit(limits load.Limits) diag.List {
	return diag.List{{
		Code: diag.MemoryLimit, Severity: diag.Error,
		Message: "the specs take more than " + load.Size(limits.Memory) + " of memory to compile",
	}}
}

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
// and knows of no other. What it has printed comes back whole, once it has
// ended. The error is an ExitCode, if it ended with one; ErrMemory, if it took
// more memory than it may.
func (c Child) Run() (stdout, stderr []byte, err error) {
	cmd := exec.Command(c.Program, c.Args...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), supervised+"=1")
	cmd.Stdin = c.Stdin
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	defer tied(cmd)()
	if err := cmd.Start(); err != nil {
		return nil, nil, err
	}
	done := make(chan error, 1)
	go func() { done <- cmd.Wait() }()
	over, err := watchOver(cmd.Process, done, c.Memory+program)
	if over || crashed(talk.Bytes()) {
		return nil, nil, ErrMemory
	}
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		err = ExitCode(exit.ExitCode())
	}
	return out.Bytes(), talk.Bytes(), err
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
