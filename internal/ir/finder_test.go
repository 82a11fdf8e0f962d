package ir_test

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// TestFinder_FindsWhatFieldFinds looks up every field of small and large nodes,
// while they grow and beside one of the same name.
func TestFinder_FindsWhatFieldFinds(t *testing.T) {
	for _, size := range []int{0, 1, 16, 17, 100} {
		n := &ir.Node{Kind: schema.Struct}
		fields := ir.NewFinder(n)
		for i := range size {
			assert.Nil(t, fields.Field(fmt.Sprint(i)), "%d is not there yet", i)
			n.Add(&ir.Node{Name: fmt.Sprint(i)})
			assert.Same(t, n.Children[i], fields.Field(fmt.Sprint(i)))
		}
		if size > 0 {
			n.Add(&ir.Node{Name: "0"})
			assert.Same(t, n.Field("0"), fields.Field("0"), "the first of one name")
		}
		n.Kind = schema.List
		assert.Nil(t, fields.Field("0"), "a list has no fields")
	}
	assert.Nil(t, ir.NewFinder(nil).Field("a"))
}
