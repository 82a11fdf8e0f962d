package lower

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/compiler/admission"
)

// TestKinds_AreAllAdmitted fails for a kind of object that is built and that
// nothing validates.
func TestKinds_AreAllAdmitted(t *testing.T) {
	for _, k := range kinds {
		assert.True(t, admission.Admits(k.name), "compiler/admission/kinds.go has no %s", k.name)
	}
}
