//go:build !linux

package sandbox

import "os/exec"

// tied is for Linux. Elsewhere a process outlives a supervisor that was killed
// until its own limits end it.
func tied(*exec.Cmd) (free func()) { return func() {} }
