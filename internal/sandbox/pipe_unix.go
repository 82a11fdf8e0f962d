//go:build unix

package sandbox

import "syscall"

// isPipe reports whether this process was started with a pipe as one of its files. It
// takes the file's number, because an os.File would close a file of someone else's.
func isPipe(file int) bool {
	var info syscall.Stat_t
	return syscall.Fstat(file, &info) == nil && info.Mode&syscall.S_IFMT == syscall.S_IFIFO
}
