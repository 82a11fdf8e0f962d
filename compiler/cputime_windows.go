package compiler

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time that this process has taken so far, in user mode
// and in the kernel (GetProcessTimes).
func cpuTime() time.Duration {
	var created, exited, kernel, user syscall.Filetime
	process, err := syscall.GetCurrentProcess()
	if err == nil {
		err = syscall.GetProcessTimes(process, &created, &exited, &kernel, &user)
	}
	if err != nil {
		return sinceStart()
	}
	return ticks(kernel) + ticks(user)
}

// ticks returns a duration that Windows counts in units of 100 nanoseconds.
func ticks(t syscall.Filetime) time.Duration {
	return time.Duration(int64(t.HighDateTime)<<32|int64(t.LowDateTime)) * 100
}
