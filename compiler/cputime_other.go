//go:build !unix && !windows

package compiler

import "time"

// cpuTime stands in for the CPU time of the process where the system does not
// report it.
func cpuTime() time.Duration { return sinceStart() }
