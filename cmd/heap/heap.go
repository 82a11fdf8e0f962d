// Package heap sets the garbage collector's pace before the packages that
// belay is linked with fill the heap: most runs end before the heap would have
// been worth collecting, and the first collection is a tenth of a short run.
//
// Go initialises packages without dependencies in the order of their paths
// (https://go.dev/ref/spec#Program_initialization), so this one comes before
// nearly all that allocate.
package heap

import "runtime/debug"

// limit bounds a long run: the collector works harder as the heap nears it.
const limit = 120 << 20

func init() {
	debug.SetGCPercent(400)
	debug.SetMemoryLimit(limit)
}
