package sandbox

import (
	"os/exec"
	"runtime"
	"syscall"
)

// endWithParent makes Linux end a process that is about to be started when this one
// ends, however it ends. Linux binds it to the thread that starts it (prctl(2),
// PR_SET_PDEATHSIG), so the goroutine keeps its thread until free is called, once the
// process has ended.
func endWithParent(cmd *exec.Cmd) (free func()) {
	runtime.LockOSThread()
	cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	return runtime.UnlockOSThread
}
