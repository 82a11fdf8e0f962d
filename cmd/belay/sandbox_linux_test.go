package main

import (
	"fmt"
	"log"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"golang.org/x/sys/unix"
)

func init() { programs["sandbox"] = enterSandbox }

// sandbox has a command run in the strictest place that a host puts it: as a
// user that owns nothing, with all file systems read-only and a network without
// interfaces. Where the kernel refuses that (containers often may not make
// namespaces, and mount_setattr is from Linux 5.12), it is only the user.
func sandboxed(t *testing.T, cmd *exec.Cmd, uid int) {
	t.Helper()
	if attr, err := sandboxes(); err == nil {
		self, err := os.Executable()
		require.NoError(t, err)
		cmd.Args = append([]string{"sandbox", strconv.Itoa(uid), cmd.Path}, cmd.Args[1:]...)
		cmd.Path, cmd.SysProcAttr = self, attr(uid)
		return
	}
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
	if os.Getuid() == 0 {
		cmd.SysProcAttr.Credential = &syscall.Credential{Uid: uint32(uid), Gid: uint32(uid)}
	}
}

// sandboxes says how a process gets into a sandbox, or why none can here.
var sandboxes = sync.OnceValues(func() (attr func(uid int) *syscall.SysProcAttr, err error) {
	attr = func(uid int) *syscall.SysProcAttr {
		a := &syscall.SysProcAttr{Setpgid: true, Unshareflags: syscall.CLONE_NEWNS | syscall.CLONE_NEWNET}
		if os.Getuid() != 0 {
			// This user is another there, and may mount until it runs the command.
			a.Cloneflags = syscall.CLONE_NEWUSER
			a.UidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getuid(), Size: 1}}
			a.GidMappings = []syscall.SysProcIDMap{{ContainerID: uid, HostID: os.Getgid(), Size: 1}}
			a.AmbientCaps = []uintptr{unix.CAP_SYS_ADMIN}
		}
		return a
	}
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	probe := &exec.Cmd{Path: self, Args: []string{"sandbox", "999", "/bin/true"}, SysProcAttr: attr(999)}
	if out, err := probe.CombinedOutput(); err != nil {
		return nil, fmt.Errorf("this kernel makes no sandbox: %w\n%s", err, out)
	}
	return attr, nil
})

// enterSandbox is the program that a sandboxed process starts as, in namespaces
// of its own: sandbox UID COMMAND ARGUMENT...
func enterSandbox() {
	runtime.LockOSThread() // capabilities are a thread's
	uid, err := strconv.Atoi(os.Args[1])
	must(err)
	must(unix.MountSetattr(unix.AT_FDCWD, "/", unix.AT_RECURSIVE, &unix.MountAttr{Attr_set: unix.MOUNT_ATTR_RDONLY}))
	if os.Getuid() == 0 {
		must(syscall.Setgroups(nil))
		must(syscall.Setgid(uid))
		must(syscall.Setuid(uid))
	} else {
		must(unix.Prctl(unix.PR_CAP_AMBIENT, unix.PR_CAP_AMBIENT_CLEAR_ALL, 0, 0, 0))
	}
	must(syscall.Exec(os.Args[2], os.Args[2:], os.Environ()))
}

func must(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

// TestSandbox validates that a program in the sandbox can neither write nor dial.
// It is skipped where the kernel or the container does not permit user namespaces.
func TestSandbox(t *testing.T) {
	if _, err := sandboxes(); err != nil {
		t.Skipf("the sandbox needs user and mount namespaces, which this machine does not permit: %v", err)
	}
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	require.NoError(t, err)
	defer listener.Close()
	open := openDir(t)
	require.NoError(t, os.Chmod(open, 0o777))
	script := fmt.Sprintf("id -u; cd %s; : >file; : >/tmp/file-%d; : >/dev/shm/file; (: </dev/tcp/%s)", open, os.Getpid(), strings.ReplaceAll(listener.Addr().String(), ":", "/"))
	cmd := exec.Command("/bin/bash", "-c", script)
	sandboxed(t, cmd, 999)
	out, err := cmd.CombinedOutput()
	assert.Error(t, err)
	assert.Regexp(t, "^999\n", string(out))
	assert.Equal(t, 3, strings.Count(string(out), "Read-only file system"), "%s", out)
	assert.Contains(t, string(out), "Network is unreachable")
}

// childrenOf are the processes that a process has started.
func childrenOf(parent int) (pids []int) {
	stats, _ := filepath.Glob("/proc/[0-9]*/stat")
	for _, stat := range stats {
		pid, _, ppid := readStat(stat)
		if ppid == parent {
			pids = append(pids, pid)
		}
	}
	return pids
}

// running reports whether a process is there, and no zombie.
func running(pid int) bool {
	_, state, _ := readStat(fmt.Sprintf("/proc/%d/stat", pid))
	return state != "" && state != "Z"
}

// readStat reads proc_pid_stat(5); of a process that is gone, zeros.
func readStat(name string) (pid int, state string, parent int) {
	data, err := os.ReadFile(name)
	if err != nil {
		return 0, "", 0
	}
	text := string(data) // as "42 (name of the program) S 7 …"
	_, _ = fmt.Sscan(text, &pid)
	_, _ = fmt.Sscan(text[strings.LastIndex(text, ")")+1:], &state, &parent)
	return pid, state, parent
}

// waitUntil waits for something that must come about, for as long as tests may
// take: how soon depends on what else the machine does.
func waitUntil(t *testing.T, what string, come func() bool) {
	t.Helper()
	for !come() {
		if t.Context().Err() != nil {
			t.Fatalf("%s: it did not come about", what)
		}
		if deadline, ok := t.Deadline(); ok && time.Until(deadline) < 10*time.Second {
			t.Fatalf("%s: it did not come about in the time of the tests", what)
		}
		time.Sleep(time.Millisecond)
	}
}
