package lower

import (
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/meshpolicy"
)

// TestKinds_AreAllAdmitted fails for a kind of object that is built and that
// nothing validates.
func TestKinds_AreAllAdmitted(t *testing.T) {
	for _, k := range kinds {
		assert.True(t, admission.Admits(k.name), "compiler/admission/kinds.go has no %s", k.name)
	}
}

// withoutPolicy are the kinds of the mesh by which it enforces nothing: they
// route requests, or report them.
var withoutPolicy = []string{"Telemetry", "DestinationRule", "Gateway", "VirtualService"}

// TestKinds_OfTheMeshAreJudged fails for a kind of the mesh about which nobody
// has decided whether a patch or an overlay can weaken what it enforces.
func TestKinds_OfTheMeshAreJudged(t *testing.T) {
	for _, k := range kinds {
		if k.mesh != nil {
			assert.NotEqual(t, meshpolicy.IsPolicy(k.name), slices.Contains(withoutPolicy, k.name), "%s is in compiler/meshpolicy or in withoutPolicy", k.name)
		}
	}
}
