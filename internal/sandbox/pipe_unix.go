//go:build unix

package sandbox

import "syscall"

// isPipe reports whether this process was given a pipe as a file. It asks the
// system about the number, since a file that somebody else uses must stay open.
func isPipe(file int) bool {
	var info syscall.Stat_t
	return syscall.Fstat(file, &info) == nil && info.Mode&syscall.S_IFMT == syscall.S_IFIFO
}
