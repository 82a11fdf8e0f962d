//go:build !unix

package sandbox

// isPipe is for systems on which a process can be given more than the standard
// three files: see hasCrashFile.
func isPipe(int) bool { return false }
