package lower

import (
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/lower/mesh"
	"github.com/belay-sh/belay/compiler/meshpolicy"
)

// TestKinds_AreThoseOfAdmission fails for a kind of object that is built and that
// nothing validates, and for one that is validated and never built.
func TestKinds_AreThoseOfAdmission(t *testing.T) {
	var built []string
	for _, k := range kinds {
		built = append(built, k.name)
	}
	assert.ElementsMatch(t, admission.Kinds(), built)
}

// TestKinds_OfTheMeshAreAllBuilt fails for a method of lower/mesh that makes the
// objects of a kind and that kinds does not have.
func TestKinds_OfTheMeshAreAllBuilt(t *testing.T) {
	var built, methods []string
	for _, k := range kinds {
		if k.mesh != nil {
			name := runtime.FuncForPC(reflect.ValueOf(k.mesh).Pointer()).Name()
			built = append(built, name[strings.LastIndex(name, ".")+1:])
		}
	}
	app := reflect.TypeFor[*mesh.App]()
	for i := range app.NumMethod() {
		if m := app.Method(i); m.Type == reflect.TypeFor[func(*mesh.App) []mesh.Object]() {
			methods = append(methods, m.Name)
		}
	}
	assert.ElementsMatch(t, methods, built)
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
