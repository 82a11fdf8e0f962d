package kubernetes

import (
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/schema"
)

// TestSchema_HasTheFieldsOfKubernetes compares the types of the spec that are
// passed on to Kubernetes with Kubernetes' own, field by field.
func TestSchema_HasTheFieldsOfKubernetes(t *testing.T) {
	app := schema.Document.Field("apps").Type.Values
	scheduling := app.Field("scheduling").Type
	for _, of := range []struct {
		typ    *schema.Type
		goType reflect.Type
	}{
		{scheduling.Field("tolerations").Type.Elem, reflect.TypeFor[corev1.Toleration]()},
		{scheduling.Field("affinity").Type, reflect.TypeFor[corev1.Affinity]()},
		{scheduling.Field("topologySpread").Type.Elem, reflect.TypeFor[corev1.TopologySpreadConstraint]()},
		{app.Field("mounts").Type.Values.Field("ephemeral").Type, reflect.TypeFor[corev1.PersistentVolumeClaimSpec]()},
	} {
		sameFields(t, of.typ.Name, of.typ, of.goType)
	}
}

func sameFields(t *testing.T, path string, typ *schema.Type, goType reflect.Type) {
	for goType.Kind() == reflect.Pointer || goType.Kind() == reflect.Slice {
		if goType = goType.Elem(); typ.Elem != nil {
			typ = typ.Elem
		}
	}
	if goType.Kind() != reflect.Struct || len(typ.Fields) == 0 {
		return
	}
	var theirs, ours []string
	types := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(goType) {
		name, _, _ := strings.Cut(f.Tag.Get("json"), ",")
		theirs, types[name] = append(theirs, name), f.Type
	}
	for _, f := range typ.Fields {
		ours = append(ours, f.Name)
	}
	slices.Sort(theirs)
	slices.Sort(ours)
	if assert.Equal(t, theirs, ours, path) {
		for _, f := range typ.Fields {
			sameFields(t, path+"."+f.Name, f.Type, types[f.Name])
		}
	}
}
