package specgen

import (
	"reflect"

	"pgregory.net/rapid"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A Pair is a valid document, and the same with either and with both of two
// mistakes that are in different fields of one app.
type Pair struct {
	Name                       string
	Valid, First, Second, Both Document
}

// malformed are mistakes of form, which a rule never sees: what has them is
// left out of what rules look at.
var malformed = []Mistake{
	wrongForm("a port of letters", "port", "http"),
	wrongForm("a list of variables", "env", []any{object{"name": "A", "value": "1"}}),
	wrongForm("a timeout with a unit", "timeoutSeconds", "60s"),
	wrongForm("a concurrency of text", "concurrency", "ten"),
	wrongForm("a field that there is not", "percent", 50),
	wrongForm("another field that there is not", "containers", []any{}),
	wrongForm("mounts at a relative path", "mounts", object{"etc/app": object{"configMap": "app"}}),
	wrongForm("probes of text", "probes", "/healthz"),
	wrongForm("a quantity of a unit that there is not", "resources", object{"limits": object{"memory": "128mb"}}),
	wrongForm("a scale of text", "scale", "5"),
	wrongForm("a window without a unit", "scale", object{"window": 60}),
	wrongForm("a mesh that is true", "mesh", true),
	wrongForm("a name in upper case", "serviceAccount", "Web"),
	wrongForm("arguments as one text", "args", "--verbose"),
	wrongForm("an image with a scheme", "image", "docker://registry.example.com/web:v1"),
}

func wrongForm(name, field string, value any) Mistake {
	return Mistake{Name: name, Code: diag.WrongType, Spec: func(_ *Draw, app object) { app[field] = value }}
}

// MakeTwo draws a pair.
func MakeTwo(t *rapid.T) Pair {
	doc := Released().Draw(t, "spec")
	key := ir.Sorted(doc["apps"].(object))[0]
	valid := alone(doc, key).clone()
	drawer{t}.enableFlags(valid)
	all := append(malformed[:len(malformed):len(malformed)], Mistakes...)
	draw := rapid.SampledFrom(all).Filter(func(m Mistake) bool { return m.Flag == "" })
	for {
		first, second := draw.Draw(t, "first"), draw.Draw(t, "second")
		pair := Pair{Name: first.Name + " and " + second.Name, Valid: valid, Both: valid.clone()}
		pair.First, pair.Second = valid.clone(), valid.clone()
		first.Spec(&Draw{t}, appOf(pair.First, key))
		second.Spec(&Draw{t}, appOf(pair.Second, key))
		if mergeChanges(appOf(valid, key), appOf(pair.Both, key), appOf(pair.First.clone(), key), appOf(pair.Second.clone(), key)) {
			return pair
		}
	}
}

func appOf(doc Document, key string) object { return doc["apps"].(object)[key].(object) }

// mergeChanges makes the changes of two apps to a valid one in another. It
// reports whether they are in different fields.
func mergeChanges(valid, into object, apps ...object) bool {
	changed := map[string]bool{}
	for _, app := range apps {
		for _, field := range changes(valid, app) {
			if changed[field] {
				return false
			}
			changed[field] = true
			if value, ok := app[field]; ok {
				into[field] = value
			} else {
				delete(into, field)
			}
		}
	}
	return true
}

// changes are the fields that two apps differ in.
func changes(a, b object) (fields []string) {
	for field := range a {
		if _, ok := b[field]; !ok {
			fields = append(fields, field)
		}
	}
	for field, value := range b {
		if !reflect.DeepEqual(value, a[field]) {
			fields = append(fields, field)
		}
	}
	return fields
}
