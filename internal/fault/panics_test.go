package fault_test

import (
	"errors"
	"sync"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/fault"
)

// panicsOf runs functions as goroutines and returns what Repanic panics with.
func panicsOf(functions ...func()) (value any) {
	var panics fault.Panics
	var group sync.WaitGroup
	for _, f := range functions {
		group.Go(func() {
			defer panics.Keep()
			f()
		})
	}
	group.Wait()
	defer func() { value = recover() }()
	panics.Repanic()
	return nil
}

func TestPanics(t *testing.T) {
	assert.Nil(t, panicsOf(func() {}, func() {}))
	first, ok := panicsOf(func() {}, func() { panic("broken\nin two lines") }).(*fault.Panic)
	require.True(t, ok)
	assert.Equal(t, "broken\nin two lines", first.Value)
	assert.Contains(t, string(first.Stack), "panics_test.go")
	assert.Contains(t, first.Error(), `panic: "broken\nin two lines"`, "what a panic says is quoted, since the input may be in it")
	again, ok := panicsOf(func() { panic(first) }).(*fault.Panic)
	require.True(t, ok)
	assert.Same(t, first, again, "the stack stays that of the first goroutine")
}

func TestAsError(t *testing.T) {
	broken := errors.New("broken")
	err := fault.AsError(broken)
	assert.ErrorContains(t, err, "please report it: panic: broken\n")
	assert.Equal(t, err, fault.AsError(err))
}
