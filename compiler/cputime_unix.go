//go:build unix

package compiler

import (
	"syscall"
	"time"
)

// cpuTime returns the CPU time that this process has taken so far, in user mode
// and in the kernel (getrusage(2)).
func cpuTime() time.Duration {
	var usage syscall.Rusage
	if err := syscall.Getrusage(syscall.RUSAGE_SELF, &usage); err != nil {
		return sinceStart()
	}
	return time.Duration(usage.Utime.Nano() + usage.Stime.Nano())
}
