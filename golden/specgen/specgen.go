// Package specgen draws specs at random, for tests that hold belay to what
// upstream says. It walks the spec's own schema, so that a field is drawn from
// the day it is in app.cue: words.go has the words that mean something to
// Knative, repair.go what must go together, and mistakes.go what may not. What
// it draws is mostly valid; it is belay's part to say what is not. Nothing but
// tests uses it.
package specgen

import (
	"bytes"
	"encoding/json"
	"math"
	"slices"
	"strconv"

	"pgregory.net/rapid"

	"github.com/belay-sh/belay/schema"
)

// A Document is a spec, as the values of its JSON.
type Document map[string]any

// CUE is the document as CUE, which JSON is a part of. The same document is
// the same text.
func (d Document) CUE() []byte {
	text, err := json.MarshalIndent(d, "", "\t")
	if err != nil {
		panic("belay internal: document: " + err.Error())
	}
	// CUE takes a byte order mark only at the beginning of a file.
	text = bytes.ReplaceAll(text, []byte("\ufeff"), []byte(`\ufeff`))
	return append(text, '\n')
}

// Documents draws specs for the newest release of Knative, with one to
// four apps. Images are given by digest, so that no spec needs a lock. A seed of
// Example, from 0 up, gives the same document everywhere.
func Documents() *rapid.Generator[Document] {
	return rapid.Custom(func(t *rapid.T) Document {
		d := drawer{t}
		doc := d.structure(schema.Document)
		d.enableFlags(doc)
		return doc
	})
}

// Released draws specs for a cluster with the settings of the release, but for
// the flags: those that the spec needs are on.
func Released() *rapid.Generator[Document] {
	return rapid.Map(Documents(), func(doc Document) Document {
		drawn, _ := doc["target"].(object)
		released := object{}
		if mesh, ok := drawn["mesh"].(object); ok {
			released["mesh"] = object{"injectedServing": mesh["injectedServing"] == true}
		}
		config, _ := drawn["config"].(object)
		if features, ok := config["features"].(object); ok {
			delete(features, "secure-pod-defaults")
			released["config"] = object{"features": features}
		}
		doc["target"] = released
		return doc
	})
}

// A drawer draws values of the schema's types.
type drawer struct{ t *rapid.T }

// field draws a value for a named field of a struct, or for an entry of the map
// or list under that name.
func (d drawer) field(of, name string, t *schema.Type) any {
	for _, key := range []string{of + "." + name, name, t.Name} {
		if word := words[key]; word != nil {
			return word.Draw(d.t, key)
		}
	}
	return d.value(name, t)
}

func (d drawer) value(name string, t *schema.Type) any {
	switch kind := d.kind(t); kind {
	case schema.Struct:
		if t.Values != nil && len(t.Fields) == 0 {
			return d.entries(name, t)
		}
		return d.structure(t)
	case schema.List:
		return d.elements(name, t)
	case schema.Bool:
		return len(t.Enum) > 0 || rapid.Bool().Draw(d.t, name)
	case schema.Int, schema.Float:
		return d.number(name, t, kind)
	}
	return d.text(name, t)
}

// kind chooses one of the kinds that a value may have.
func (d drawer) kind(t *schema.Type) schema.Kind {
	var kinds []schema.Kind
	for _, k := range []schema.Kind{schema.String, schema.Int, schema.Float, schema.Bool, schema.List, schema.Struct} {
		if t.Kinds&k != 0 {
			kinds = append(kinds, k)
		}
	}
	return rapid.SampledFrom(kinds).Draw(d.t, "kind")
}

// structure draws a struct: its required fields, one of its alternatives, and
// some of the others, repaired so that they go together.
func (d drawer) structure(t *schema.Type) object {
	out := object{}
	alternative := ""
	if len(t.OneOf) > 0 {
		alternative = rapid.SampledFrom(t.OneOf).Draw(d.t, "alternative")
	}
	for _, f := range t.Fields {
		switch {
		case f.Name == alternative, f.Required:
		case slices.Contains(t.OneOf, f.Name), !d.sometimes(f.Name):
			continue
		}
		out[f.Name] = d.field(t.Name, f.Name, f.Type)
	}
	d.repair(t.Name, out)
	return out
}

// often are the fields that most structs have of those that may.
var often = []string{"accessLog", "apps", "connectionPool", "image", "maxEjectionPercent", "mesh", "outlier", "resilience", "retries", "revisions", "target", "telemetry", "tracing"}

func (d drawer) sometimes(field string) bool {
	n := rapid.IntRange(0, 9).Draw(d.t, field+"?")
	return n > 7 || n > 3 && slices.Contains(often, field)
}

// entries draws a map; the names of its keys are words of their own.
func (d drawer) entries(name string, m *schema.Type) object {
	out := object{}
	keys := m.Keys
	if keys == nil {
		keys = &schema.Type{Kinds: schema.String}
	}
	most := 2
	if name == "apps" {
		most = 4
	}
	for range rapid.IntRange(1, most).Draw(d.t, "entries") {
		key := d.field("", name+" key", keys).(string)
		out[key] = d.field("", name+" value", m.Values)
	}
	return out
}

func (d drawer) elements(name string, t *schema.Type) []any {
	out := []any{}
	for range rapid.IntRange(max(1, t.MinLen), 2).Draw(d.t, "elements") {
		out = append(out, d.field("", name+" value", t.Elem))
	}
	return out
}

// number draws a number of any size that its type allows, bounds included.
func (d drawer) number(name string, t *schema.Type, kind schema.Kind) any {
	low, high := -1000.0, 1e9
	if t.Min != "" {
		low, _ = strconv.ParseFloat(t.Min, 64)
		high = low + 1000
	}
	if t.Max != "" {
		high, _ = strconv.ParseFloat(t.Max, 64)
	}
	if kind == schema.Float {
		return math.Max(low, math.Round(rapid.Float64Range(low, high).Draw(d.t, name)*100)/100)
	}
	return rapid.OneOf(
		rapid.SampledFrom([]int64{int64(math.Ceil(low)), int64(high)}),
		rapid.Int64Range(int64(math.Ceil(low)), int64(high)),
	).Draw(d.t, name)
}

func (d drawer) text(name string, t *schema.Type) any {
	switch {
	case len(t.Enum) > 0:
		return rapid.SampledFrom(t.Enum).Draw(d.t, name)
	case t.Pattern != nil:
		return rapid.StringMatching(t.Pattern.Expr).Draw(d.t, name)
	}
	return anyText.Draw(d.t, name)
}
