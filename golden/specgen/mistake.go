package specgen

import (
	"encoding/json"

	"pgregory.net/rapid"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A Mistake is one thing that Knative's webhook, or the API server before it,
// refuses.
type Mistake struct {
	Name string
	Code diag.Code // what belay says

	// Spec makes the mistake in an app without revisions.
	Spec func(d *Draw, app object)

	// Object makes the mistake in the valid app's Service, for those that the
	// spec can't be lowered with.
	Object func(d *Draw, service object)

	// Flag is the flag that what Spec makes lacks, for those that are nothing else.
	Flag string

	// Kubernetes is true for what Kubernetes rejects and Knative's webhook
	// does not see.
	Kubernetes bool
}

// Draw is the source of what is random in a mistake.
type Draw struct{ t *rapid.T }

// One draws one of some values.
func (d *Draw) One(values ...any) any { return one(values...).Draw(d.t, "value") }

// A Mistaken document has one mistake; the valid one is the same without.
type Mistaken struct {
	Mistake
	Valid, Wrong Document
	App          string // the key of the app with the mistake
	Draw         *Draw
}

// Make draws a document with the mistake in its first app.
func (m Mistake) Make(t *rapid.T) Mistaken {
	doc := Released().Draw(t, "spec")
	app := ir.Sorted(doc["apps"].(object))[0]
	made := Mistaken{Mistake: m, Valid: alone(doc, app), App: app, Draw: &Draw{t}}
	made.Wrong = made.Valid.clone()
	m.Spec(made.Draw, made.Wrong["apps"].(object)[app].(object))
	drawer{t}.enableFlags(made.Wrong)
	if m.Flag != "" {
		made.Valid = made.Wrong.clone()
		features := ensure(ensure(ensure(made.Wrong, "target"), "config"), "features")
		features[m.Flag] = "disabled"
	}
	return made
}

// alone is a document of one app, without revisions.
func alone(doc Document, key string) Document {
	app := doc["apps"].(object)[key].(object)
	for _, field := range []string{"revisions", "strategy", "latest", "patches"} {
		delete(app, field)
	}
	out := Document{"apps": object{key: app}}
	if target, ok := doc["target"]; ok {
		out["target"] = target
	}
	return out
}

// clone is a copy; its numbers are of other types, and the same.
func (d Document) clone() (out Document) {
	if err := json.Unmarshal(d.CUE(), &out); err != nil {
		panic("belay internal: clone: " + err.Error())
	}
	return out
}
