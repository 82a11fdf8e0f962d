package specgen

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/schema"
)

// undrawn are fields that no document has, and why.
var undrawn = map[string]string{
	"Sidecar.port":     "Knative takes one port, of the app's own container",
	"Sidecar.protocol": "it goes with the port",
	"Patch.name":       "every Service of the app is patched",
	"Operation.from":   "for the operations move and copy",

	"ClaimResources.limits": "a claim asks for storage, and bounds none",
	"Claim.dataSource":      "the older form of dataSourceRef, with which it has to agree; mistakes have it",
	"DataSource.apiGroup":   "as dataSource",
	"DataSource.kind":       "as dataSource",
	"DataSource.name":       "as dataSource",
}

// TestDocuments_EveryFieldIsDrawn looks for each field of the schema in the
// first documents.
func TestDocuments_EveryFieldIsDrawn(t *testing.T) {
	drawn := map[string]bool{}
	for seed := range 2000 {
		note(object(Documents().Example(seed)), schema.Document, drawn)
	}
	seen := map[*schema.Type]bool{}
	var ask func(*schema.Type)
	ask = func(typ *schema.Type) {
		if typ == nil || seen[typ] {
			return
		}
		seen[typ] = true
		for _, f := range typ.Fields {
			name := typ.Name + "." + f.Name
			assert.True(t, drawn[name] || undrawn[name] != "", "no document has the field %s", name)
			ask(f.Type)
		}
		ask(typ.Values)
		ask(typ.Elem)
	}
	ask(schema.Document)
}

// note notes the fields that a value has.
func note(value any, t *schema.Type, drawn map[string]bool) {
	switch v := value.(type) {
	case object:
		for name, inner := range v {
			if t.Field(name) != nil {
				drawn[t.Name+"."+name] = true
			}
			if typ := t.At(name); typ != nil {
				note(inner, typ, drawn)
			}
		}
	case []any:
		for _, e := range v {
			if t.Elem != nil {
				note(e, t.Elem, drawn)
			}
		}
	}
}

// TestDocuments_OneSeedOneText draws the same document twice, and another.
func TestDocuments_OneSeedOneText(t *testing.T) {
	text := func(seed int) string { return string(Documents().Example(seed).CUE()) }
	assert.Equal(t, text(3), text(3))
	assert.NotEqual(t, text(3), text(4))
}
