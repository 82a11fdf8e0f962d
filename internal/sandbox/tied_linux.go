package sandbox

import (
	"os/exec"
	"runtime"
	"syscall"
)

// tied has a process that is about to be started end when this one does, in
// whatever way. Linux ties it to the thread that starts it (prctl(2),
// PR_SET_PDEATHSIG), so that the goroutine keeps its thread until it is freed,
// once the process has ended.
func tied(cmd *exec.Cmd) (free func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return runtime.UnlockOSThread
}
