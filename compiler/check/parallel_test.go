package check_test

import (
	"fmt"
	"runtime"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/check/checktest"
)

// TestCheck_ManyApps checks a spec of many apps, some of them with mistakes, on
// one processor and on several: apps and diagnostics are the same and in the
// same order.
func TestCheck_ManyApps(t *testing.T) {
	var spec strings.Builder
	spec.WriteString("apps:\n")
	for i := range 300 {
		fmt.Fprintf(&spec, "  web%d: {image: example.com/web:v1, port: %d}\n", i, 7950+i%100)
	}
	root := checktest.Parse(t, spec.String())
	before := runtime.GOMAXPROCS(1)
	defer runtime.GOMAXPROCS(before)
	alone, want := check.Check(root, check.Overrides{})
	runtime.GOMAXPROCS(4)
	for range 5 {
		together, diags := check.Check(root, check.Overrides{})
		assert.Equal(t, want, diags)
		assert.Equal(t, len(alone.Apps), len(together.Apps))
		for i, a := range alone.Apps {
			assert.Equal(t, a.Name, together.Apps[i].Name)
		}
	}
	assert.NotEmpty(t, want)
	assert.NotEmpty(t, alone.Faulty)
}
