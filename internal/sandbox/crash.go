package sandbox

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"runtime"
	"runtime/debug"
	"slices"
	"syscall"
	"time"

	"github.com/belay-sh/belay/internal/fault"
)

// supervised is the variable by which a process recognises that it was started
// by Child.Run: it names the supervisor, which is its parent. An environment that
// a user copied from a child has no effect: it names another process, and there is
// no pipe to the supervisor.
const supervised = "BELAY_SUPERVISED"

// crashFile is the file of a supervised process to which Go copies the traces of
// a crash: the first after the standard three.
const crashFile = 3

// Self returns the program of this process, to run again as a Child, or "" in
// the process that was started as one. In that process it also makes Go report
// crashes to the supervisor, so main calls it before anything else.
func Self() string {
	if os.Getenv(supervised) == nameOf(os.Getppid()) && (isPipe(crashFile) || !hasCrashFile) {
		reportCrashes()
		return ""
	}
	self, err := os.Executable()
	if err != nil {
		return os.Args[0] // a run that does not start is better than one without a supervisor
	}
	return self
}

// nameOf returns the value of the variable for the children of a process.
func nameOf(supervisor int) string { return fmt.Sprintf("by process %d", supervisor) }

// reportCrashes makes Go write the trace of a crash to the supervisor as well, so
// that it does not depend on what the process prints.
func reportCrashes() {
	debug.SetTraceback("single") // GOTRACEBACK may ask for more, and not for less
	if pipe := os.NewFile(crashFile, "crash"); pipe != nil && hasCrashFile {
		_ = debug.SetCrashOutput(pipe, debug.CrashOptions{}) // if it fails, the supervisor has what is printed
		pipe.Close()
	}
}

// hasCrashFile is false on systems on which a process can't be given more files than
// the standard three.
const hasCrashFile = runtime.GOOS != "windows"

// A crashPipe is the pipe that a child writes its trace to.
type crashPipe struct{ read, write *os.File }

// supervise marks a process that is about to be started as a child of this one.
func supervise(cmd *exec.Cmd) (p crashPipe, err error) {
	cmd.Env = append(os.Environ(), supervised+"="+nameOf(os.Getpid()))
	if !hasCrashFile {
		return p, nil
	}
	if p.read, p.write, err = os.Pipe(); err == nil {
		cmd.ExtraFiles = []*os.File{p.write}
	}
	return p, err
}

// start starts the process, and closes the end of the pipe that only the process
// may write to.
func (p crashPipe) start(cmd *exec.Cmd) error {
	err := cmd.Start()
	if p.write != nil {
		p.write.Close()
	}
	if err != nil && p.read != nil {
		p.read.Close()
	}
	return err
}

// A trace is what Go wrote about a child that crashed; it is nil if the child did not.
type trace []byte

// trace returns what a process that has ended wrote to the pipe.
func (p crashPipe) trace() trace {
	if p.read == nil {
		return nil
	}
	defer p.read.Close()
	_ = p.read.SetReadDeadline(time.Now().Add(time.Second)) // a process that the child has started may still have the other end open
	text, _ := io.ReadAll(io.LimitReader(p.read, maxMessages))
	if len(text) == 0 {
		return nil
	}
	return text
}

// outOfMemory reports whether Go ended the process because it could not get more
// memory. Go prints the reason on the line before the trace, and only on standard
// error; the reason of a panic is in the trace.
func (t trace) outOfMemory(stderr []byte) bool {
	if t == nil || bytes.HasPrefix(t, []byte("panic: ")) {
		return false
	}
	why := string(lastLine(bytes.TrimSuffix(stderr, t)))
	return slices.ContainsFunc([]string{
		"fatal error: out of memory", "fatal error: runtime: out of memory", "fatal error: runtime: cannot allocate memory",
		"fatal error: pageAlloc: out of memory", "fatal error: stack overflow",
	}, func(reason string) bool { return len(why) >= len(reason) && why[:len(reason)] == reason })
}

// wasFaultSignal reports whether a process was ended by a signal for a fault of its
// own, such as an invalid address.
func wasFaultSignal(err error) bool {
	var exit *exec.ExitError
	if !errors.As(err, &exit) {
		return false
	}
	status, ok := exit.Sys().(syscall.WaitStatus)
	return ok && status.Signaled() && slices.Contains([]syscall.Signal{
		syscall.SIGABRT, syscall.SIGBUS, syscall.SIGFPE, syscall.SIGILL, syscall.SIGSEGV, syscall.SIGTRAP,
	}, status.Signal())
}

// reportCrash prints what a process that crashed has printed, and how to report it.
func reportCrash(stderr io.Writer, messages *bounded, ended error) error {
	if _, err := fmt.Fprintf(stderr, "belay: internal fault: the process that compiles crashed: %v\n\n", ended); err != nil {
		return err
	}
	if err := messages.writeTo(stderr); err != nil {
		return err
	}
	if _, err := io.WriteString(stderr, fault.Notice); err != nil {
		return err
	}
	return ExitCode(fault.Code)
}
