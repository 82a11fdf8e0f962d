package sandbox

import (
	"bytes"
	"fmt"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/fault"
)

// crashes are ways of a Go process to end, by the argument of the test binary.
var crashes = map[string]func(){
	"concurrent map writes": func() {
		m := map[int]int{}
		for range 4 {
			go func() {
				for i := 0; ; i++ {
					m[i%1000] = i
				}
			}()
		}
		select {}
	},
	"panic":              func() { panic("broken") },
	"panic in goroutine": func() { go panic("broken"); select {} },
	"unlock":             func() { new(sync.Mutex).Unlock() },
	"signal":             func() { kill(syscall.SIGSEGV); time.Sleep(time.Minute) },
	"abort":              func() { kill(syscall.SIGABRT); time.Sleep(time.Minute) },
	"recovered":          func() { defer fault.Exit(); panic("broken") },
	"stack":              func() { fmt.Println(deeper(0)) },
	"memory":             func() { fmt.Println(len(make([]byte, 1<<46+len(os.Args)))) },
	"after messages": func() {
		fmt.Fprint(os.Stderr, strings.Repeat("warning: something\n", 100))
		fmt.Println(len(make([]byte, 1<<46+len(os.Args))))
	},
	"forged": func() { fmt.Fprintln(os.Stderr, "fatal error: out of memory"); os.Exit(2) },
	"misled": func() { fmt.Fprintln(os.Stderr, "fatal error: out of memory"); panic("broken") },
	"talks":  func() { fmt.Fprint(os.Stderr, strings.Repeat("error: x\n", 1<<20)); os.Exit(1) },
	"prints": func() { fmt.Print(strings.Repeat("x", 3<<20)) },
	"endless": func() {
		for {
			fmt.Print(strings.Repeat("x", 1<<10))
		}
	},
	"sleeps":  func() { time.Sleep(time.Hour) },
	"nothing": func() {},
}

func kill(s syscall.Signal) { _ = syscall.Kill(os.Getpid(), s) }

// deeper recurses until the stack is used up, which is long before the number.
func deeper(n int) int {
	if n == math.MaxInt {
		return n
	}
	return deeper(n+1) + n
}

// strict are limits that a crash does not exceed before it is one.
var strict = load.Limits{Time: time.Minute, Elapsed: time.Minute, Memory: 144 << 20, Output: 32 << 20}

func TestMain(m *testing.M) {
	if len(os.Args) == 3 && os.Args[1] == "crash" {
		if Self() != "" {
			fmt.Fprintln(os.Stderr, "the child is not supervised")
			os.Exit(3)
		}
		crashes[os.Args[2]]()
		return
	}
	os.Exit(m.Run())
}

// crash runs the test binary as a child that ends in some way.
func crash(t *testing.T, how string, limits load.Limits) (stdout, stderr string, err error) {
	t.Helper()
	require.Contains(t, crashes, how)
	self, err := os.Executable()
	require.NoError(t, err)
	var out, talk bytes.Buffer
	err = Child{Program: self, Args: []string{"crash", how}, Dir: "/", Limits: limits}.Run(&out, &talk)
	return out.String(), talk.String(), err
}

// A child that crashes is a fault of belay's: what Go printed is passed on, and
// where to report it.
func TestChild_Run_Crashes(t *testing.T) {
	for how, printed := range map[string]string{
		"concurrent map writes": "fatal error: concurrent map writes",
		"panic":                 "panic: broken",
		"panic in goroutine":    "panic: broken",
		"unlock":                "fatal error: sync: unlock of unlocked mutex",
		"signal":                "SIGSEGV: segmentation violation",
		"abort":                 "SIGABRT: abort",
		"recovered":             "belay: internal fault: panic: broken",
		"misled":                "panic: broken",
	} {
		for _, traceback := range []string{"", "none"} {
			t.Run(how+traceback, func(t *testing.T) {
				t.Setenv("GOTRACEBACK", traceback)
				stdout, stderr, err := crash(t, how, strict)
				assert.Equal(t, ExitCode(fault.Code), err)
				assert.Empty(t, stdout)
				assert.Contains(t, stderr, "belay: internal fault: ")
				assert.Contains(t, stderr, printed)
				assert.Contains(t, stderr, "goroutine ")
				assert.Contains(t, stderr, ".go:", "the stack")
				assert.True(t, strings.HasSuffix(stderr, fault.Notice))
				assert.NotContains(t, stderr, "memory-limit")
			})
		}
	}
}

// Only want of memory is the specs' fault.
func TestChild_Run_Limits(t *testing.T) {
	memory := "error[memory-limit]: the specs take more than 144 MiB of memory to compile\n"
	output := "error[output-limit]: the output is larger than 2 MiB\n"
	small := strict
	small.Output = 2 << 20
	brief := strict
	brief.Elapsed = time.Millisecond - grace
	for _, test := range []struct {
		how    string
		limits load.Limits
		stderr string
		err    ExitCode
	}{
		{"stack", strict, memory, Reported},
		{"memory", strict, memory, Reported},
		{"after messages", strict, memory, Reported},
		{"forged", strict, "fatal error: out of memory\n", fault.Code},
		{"prints", small, output, Reported},
		{"endless", small, output, Reported},
	} {
		t.Run(test.how, func(t *testing.T) {
			stdout, stderr, err := crash(t, test.how, test.limits)
			assert.Equal(t, test.err, err)
			assert.Empty(t, stdout)
			assert.Equal(t, test.stderr, stderr)
		})
	}
	_, stderr, err := crash(t, "nothing", small)
	assert.NoError(t, err)
	assert.Empty(t, stderr)
}

// A run that hangs is ended by its supervisor, if it does not end by itself.
func TestChild_Run_Hangs(t *testing.T) {
	limits := strict
	limits.Elapsed = time.Millisecond
	_, stderr, err := crash(t, "sleeps", limits)
	assert.Equal(t, Reported, err)
	assert.Equal(t, "error[time-limit]: the specs are still not compiled after 1ms; the machine may be too busy\n", stderr)
}

func TestChild_Run_CutsMessages(t *testing.T) {
	_, stderr, err := crash(t, "talks", strict)
	assert.Equal(t, Reported, err)
	assert.LessOrEqual(t, len(stderr), maxMessages+100)
	lines := strings.Split(strings.TrimSuffix(stderr, "\n"), "\n")
	assert.Equal(t, fmt.Sprintf("belay: %d more bytes of messages are left out", 9*(1<<20-(len(lines)-1))), lines[len(lines)-1])
	assert.Equal(t, "error: x", lines[len(lines)-2], "whole lines")
}

// What a user's environment has does not turn the supervisor off.
func TestSelf(t *testing.T) {
	for _, value := range []string{"", "1", "true", fmt.Sprint(os.Getppid()), nameOf(1), nameOf(os.Getpid())} {
		t.Setenv(supervised, value)
		if value == nameOf(os.Getppid()) {
			continue // started by process 1
		}
		self, err := os.Executable()
		require.NoError(t, err)
		assert.Equal(t, self, Self(), value)
	}
}

// A process is a child only with a pipe to its supervisor: an environment alone
// does not make it one.
func TestSelf_NeedsThePipe(t *testing.T) {
	read, write, err := os.Pipe()
	require.NoError(t, err)
	defer read.Close()
	defer write.Close()
	file, err := os.Create(filepath.Join(t.TempDir(), "file"))
	require.NoError(t, err)
	defer file.Close()
	program, err := os.Executable()
	require.NoError(t, err)
	for _, test := range []struct {
		name  string
		value string
		files []*os.File
		child bool
	}{
		{"the variable and the pipe", nameOf(os.Getpid()), []*os.File{write}, true},
		{"the variable alone", nameOf(os.Getpid()), nil, false},
		{"the variable and a file", nameOf(os.Getpid()), []*os.File{file}, false},
		{"the pipe alone", "", []*os.File{write}, false},
		{"the pipe, and the variable of another process", nameOf(1), []*os.File{write}, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			cmd := exec.Command(program, "crash", "nothing")
			cmd.Env = append(os.Environ(), supervised+"="+test.value)
			cmd.ExtraFiles = test.files
			err := cmd.Run()
			if test.child {
				assert.NoError(t, err)
				return
			}
			var exit *exec.ExitError
			require.ErrorAs(t, err, &exit)
			assert.Equal(t, 3, exit.ExitCode())
		})
	}
}
