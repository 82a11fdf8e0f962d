package e2e

import (
	"fmt"
	"sync/atomic"
)

// counts are of objects.
var counts tally

type tally struct {
	admitted  atomic.Int64 // by the server's dry run
	unchanged atomic.Int64 // applied again, by kubectl and server-side
	ready     atomic.Int64 // of those that Knative says it of
	refused   atomic.Int64 // in the words expected
}

func (c *tally) String() string {
	return fmt.Sprintf("%d objects admitted, %d re-applied unchanged, %d Ready, %d refused as expected",
		c.admitted.Load(), c.unchanged.Load(), c.ready.Load(), c.refused.Load())
}
