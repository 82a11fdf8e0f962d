package main

import (
	"bytes"
	"cmp"
	"encoding/json"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/sandbox"
)

// canary is what lies outside the root of every hostile input.
const canary = "canary-of-another-tenant"

// What a hostile input may take, of CPU time and of memory at the peak. Each MiB
// of input adds CPU time, as it does to the limit.
const (
	hostileCPU    = 3 * time.Second
	hostileMemory = 256 << 20
)

// TestHostile renders inputs of strangers in processes of their own. Each must
// end by itself, soon and small, with a diagnostic, having read nothing of what
// lies outside, dialled nobody and written nothing.
//
// Time is CPU time, of all processes: the clock depends on what else the machine
// does.
func TestHostile(t *testing.T) {
	if testing.Short() {
		t.Skip("it runs hundreds of hostile inputs, in processes")
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	var calls atomic.Int32
	go func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			conn.Close()
		}
	}()
	idle, err := measure(t, exec.Command("belay", "version"))
	require.NoError(t, err)
	setup := hostileSetup{listener.Addr().String(), idle.Peak}
	inputs := hostileInputs(setup.listener)
	require.GreaterOrEqual(t, len(inputs), 200)
	built, err := golden.Programs("../..")
	require.NoError(t, err)
	inputs = append(inputs, ofFunction(inputs, filepath.Join(built, "belay-krm"))...)
	t.Run("inputs", func(t *testing.T) {
		for _, h := range inputs {
			t.Run(h.name, func(t *testing.T) {
				t.Parallel()
				h.run(t, setup)
			})
		}
	})
	assert.Zero(t, calls.Load(), "nobody was dialled")
}

// A hostileSetup is what hostile inputs are run with.
type hostileSetup struct {
	listener string // an address that nobody may dial
	idle     int64  // the memory of a belay that only waits for another, in bytes
}

// maxCPU is the CPU time that the input may take.
func (h hostile) maxCPU() time.Duration {
	input := len(h.stdin)
	for _, text := range h.files {
		input += len(text)
	}
	return hostileCPU + time.Duration(input)*frontend.Strict.PerMiB>>20
}

// crashesIn returns the lines of a text that only a crash prints.
func crashesIn(text string) []string {
	return regexp.MustCompile(`(?m)^(panic: |fatal error: |goroutine \d+ |SIG[A-Z]+: |belay: internal fault: |`+regexp.QuoteMeta(fault.Notice)+`).*`).FindAllString(text, -1)
}

// run renders the input.
func (h hostile) run(t *testing.T, setup hostileSetup) {
	outside := t.TempDir()
	root := filepath.Join(outside, "tenant", "repo")
	writeTree(t, outside, map[string]string{
		"secret.yaml": "apps: web: image: " + canary, "secret.cue": "package app\n\napps: web: image: \"" + canary + "\"\n", "secret.txt": canary,
		"belay.lock": "version: 1\nimages:\n  " + canary + ":\n    digest: nonsense\n", "tenant/above.cue": "package app\n\n_secret: \"" + canary + "\"\n",
		"tenant/cue.mod/module.cue": "module: \"example.com/tenant\"\nlanguage: version: \"v0.15.0\"\n", "other/p/p.cue": "package p\n\nSecret: \"" + canary + "\"\n",
	})
	require.NoError(t, os.MkdirAll(root, 0o755))
	writeTree(t, root, h.files)
	if h.size > 0 {
		require.NoError(t, os.Truncate(filepath.Join(root, "large"), h.size))
	}
	before := treeOf(t, outside)
	opened := golden.WatchOpened(t, outside, "tenant/repo")

	args := h.args
	if args == nil {
		args = []string{"render", "--confine", ".", "."}
	}
	cmd := exec.Command(cmp.Or(h.exec, "belay"), args...)
	cmd.Dir = root
	cmd.Stdin = strings.NewReader(h.stdin)
	cmd.Env = append(os.Environ(), "CUE_REGISTRY="+setup.listener+"+insecure", "HTTP_PROXY=http://"+setup.listener, "HTTPS_PROXY=http://"+setup.listener)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	took, err := measure(t, cmd)

	assert.Subset(t, []string{"tenant/repo"}, opened(), "nothing outside is opened")
	var exit *exec.ExitError
	require.True(t, errors.As(err, &exit), "it must fail: %v", err)
	assert.Contains(t, []int{exitInput, exitMisuse}, exit.ExitCode(), "%.2000s", stderr.Bytes())
	printed := stdout.String() + stderr.String()
	if h.code != "" {
		assert.Contains(t, printed, "error["+h.code+"]", "%.2000s", printed)
	}
	assert.Regexp(t, `error\[[a-z-]+\]|belay: `, printed)
	assert.NotContains(t, printed, canary)
	assert.Empty(t, crashesIn(printed))
	assert.Less(t, len(printed), 1<<20, "what is printed fits a terminal")
	assert.Equal(t, before, treeOf(t, outside), "nothing is written")
	assert.LessOrEqual(t, took.Peak+setup.idle, int64(hostileMemory), "bytes at the peak, of both processes")
	assert.LessOrEqual(t, took.CPU, h.maxCPU(), "of both processes")
}

// crashing lists ways to crash, each with the line that TestHostile must notice.
var crashing = map[string]struct {
	crash  func()
	notice string
}{
	"panic":  {func() { panic("broken") }, "belay: internal fault: panic: broken"},
	"others": {func() { go func() { panic("broken") }(); select {} }, "panic: broken"},
	"unlock": {func() { new(sync.Mutex).Unlock() }, "fatal error: sync: unlock of unlocked mutex"},
	"signal": {func() { must(syscall.Kill(os.Getpid(), syscall.SIGSEGV)); select {} }, "SIGSEGV: "},
	"writes": {func() {
		shared := map[int]int{}
		for range 4 {
			go func() {
				for i := 0; ; i++ {
					shared[i%1000] = i
				}
			}()
		}
		select {}
	}, "fatal error: concurrent map writes"},
}

func init() { programs["crashes"] = crashes }

// crashes crashes as the argument says: with "supervised" before it, in a child.
func crashes() {
	defer fault.Exit()
	if self := sandbox.Self(); self != "" && os.Args[1] == "supervised" {
		err := sandbox.Child{Program: self, Args: os.Args[2:], Limits: frontend.Strict}.Run(os.Stdout, os.Stderr)
		var code sandbox.ExitCode
		errors.As(err, &code)
		os.Exit(int(code))
	}
	crashing[os.Args[1]].crash()
}

// TestHostile_NoticesCrashes: the judge of hostile inputs sees every kind of
// crash, of a belay that runs alone and of one that is supervised.
func TestHostile_NoticesCrashes(t *testing.T) {
	for kind, c := range crashing {
		for _, args := range [][]string{{kind}, {"supervised", kind}} {
			cmd := exec.Command("crashes", args...)
			told, err := cmd.CombinedOutput()
			assert.EqualError(t, err, "exit status 2", args)
			assert.Contains(t, strings.Join(crashesIn(string(told)), "\n"), c.notice, "%s: %s", args, told)
			if args[0] == "supervised" {
				assert.Contains(t, string(told), fault.Notice, args)
			}
		}
	}
	assert.Empty(t, crashesIn("app.cue:1:1: error[x]: \"panic: no\"\n   | goroutine 1 [running]\nbelay: no app web\n"))
}

// taken is what a process took.
type taken struct {
	CPU  time.Duration // user and system, of it and of those that it waited for
	Peak int64         // resident memory, in bytes: of it or of one that it waited for, whichever had more
}

func init() { programs["measured"] = measured }

// measure runs a command as a child of a small process: a child's peak begins
// with what its parent had in memory when it started it (getrusage(2)), and this
// one has much.
func measure(t *testing.T, cmd *exec.Cmd) (took taken, err error) {
	t.Helper()
	report := filepath.Join(t.TempDir(), "report")
	cmd.Args = append([]string{"measured", report, cmd.Path}, cmd.Args[1:]...)
	cmd.Path, err = os.Executable()
	require.NoError(t, err)
	err = cmd.Run()
	text, readErr := os.ReadFile(report)
	require.NoError(t, readErr, "%v", err)
	require.NoError(t, json.Unmarshal(text, &took))
	return took, err
}

// measured is the small process: measured REPORT COMMAND ARGUMENT... It ends the
// command after ten minutes.
func measured() {
	cmd := exec.Command(os.Args[2], os.Args[3:]...)
	cmd.Stdin, cmd.Stdout, cmd.Stderr = os.Stdin, os.Stdout, os.Stderr
	must(cmd.Start())
	time.AfterFunc(10*time.Minute, func() { _ = cmd.Process.Kill() })
	_ = cmd.Wait() // its exit code is passed on
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	report, err := json.Marshal(taken{CPU: cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime(), Peak: usage.Maxrss << 10})
	must(err)
	must(os.WriteFile(os.Args[1], report, 0o644))
	os.Exit(cmd.ProcessState.ExitCode())
}
