//go:build !linux

package sandbox

import "os/exec"

// endWithParent does nothing on systems other than Linux: there a process outlives a
// supervisor that was killed, until its own limits end it.
func endWithParent(*exec.Cmd) (free func()) { return func() {} }
