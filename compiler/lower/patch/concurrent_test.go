package patch

import (
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/schema"
)

// Apps are lowered at the same time, and so are their patches merged: the race
// detector (go test -race) reports a variable that they change.
func TestApply_Concurrently(t *testing.T) {
	var workers sync.WaitGroup
	for range 8 {
		workers.Go(func() {
			out, err := apply([]byte(`{"spec": {"a": 1}}`), schema.Patch{Merge: []byte(`{"spec": {"b": 2}}`)})
			assert.NoError(t, err)
			assert.JSONEq(t, `{"spec": {"a": 1, "b": 2}}`, string(out))
		})
	}
	workers.Wait()
}
