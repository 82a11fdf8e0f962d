package schema

import (
	"reflect"
	"strings"
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestTable_MatchesTheGoTypes walks the table beside the Go types: what
// app.cue has, app.go has, and the other way round.
func TestTable_MatchesTheGoTypes(t *testing.T) {
	compare(t, "", Document, reflect.TypeFor[Spec]())
}

func compare(t *testing.T, path string, typ *Type, goType reflect.Type) {
	for goType.Kind() == reflect.Pointer {
		goType = goType.Elem()
	}
	switch {
	case typ.Open || goType == reflect.TypeFor[json.RawMessage]():
	case goType == reflect.TypeFor[EnvValue]():
		compareFields(t, path, typ, reflect.TypeFor[EnvSource]())
	case goType == reflect.TypeFor[Domains]():
		compare(t, path+".*", typ.Values, reflect.TypeFor[DomainSettings]())
	case goType.Kind() == reflect.Struct:
		compareFields(t, path, typ, goType)
	case goType.Kind() == reflect.Map && typ.Values != nil:
		compare(t, path+".*", typ.Values, goType.Elem())
	case goType.Kind() == reflect.Slice:
		require.NotNil(t, typ.Elem, "%s is no list in app.cue", path)
		compare(t, path+"[]", typ.Elem, goType.Elem())
	case goType.Kind() == reflect.Map:
		for _, f := range typ.Fields { // fields that Go has as a map's keys
			compare(t, path+"."+f.Name, f.Type, goType.Elem())
		}
	default:
		assert.Empty(t, typ.Fields, "%s is %s in Go", path, goType)
	}
}

func compareFields(t *testing.T, path string, typ *Type, goType reflect.Type) {
	goFields := map[string]reflect.Type{}
	for _, f := range reflect.VisibleFields(goType) {
		if !f.Anonymous && f.Tag.Get("json") != "-" {
			goFields[strings.ToLower(f.Name)] = f.Type
		}
	}
	for _, f := range typ.Fields {
		name := strings.ToLower(f.Name)
		if assert.Contains(t, goFields, name, "%s.%s of app.cue is not in %s", path, f.Name, goType) {
			compare(t, path+"."+f.Name, f.Type, goFields[name])
		}
		delete(goFields, name)
	}
	for name := range goFields {
		// A container's Go type serves sidecars too; those have all its fields.
		t.Errorf("%s.%s of %s is not in app.cue", path, name, goType)
	}
}

func TestTable_EveryFieldIsDocumented(t *testing.T) {
	seen := map[*Type]bool{}
	var walk func(path string, typ *Type)
	walk = func(path string, typ *Type) {
		if typ == nil || seen[typ] {
			return
		}
		seen[typ] = true
		if typ.Pattern != nil {
			assert.NotEmpty(t, typ.Pattern.Form, "the pattern of %s says nothing in words", path)
			typ.Pattern.Match("") // compiles
		}
		for _, f := range typ.Fields {
			assert.NotEmpty(t, f.Doc, "%s.%s", path, f.Name)
			walk(path+"."+f.Name, f.Type)
		}
		walk(path+".*", typ.Values)
		walk(path+"[]", typ.Elem)
		walk(path+" keys", typ.Keys)
	}
	walk("", Document)
}

func TestKind_String(t *testing.T) {
	for kind, want := range map[Kind]string{
		Int: "an integer", Number: "a number", String | List: "a string or a list",
		Bool | Number | String | Struct: "a bool, a number, a string or a struct", Any: "any value",
	} {
		assert.Equal(t, want, kind.String())
	}
}

func TestEnvValue(t *testing.T) {
	var values map[string]EnvValue
	require.NoError(t, json.Unmarshal([]byte(`{"s": "text", "n": 1.50, "b": true, "f": {"secret": "a", "key": "b"}}`), &values))
	assert.Equal(t, "text", values["s"].Value)
	assert.Equal(t, "1.50", values["n"].Value)
	assert.Equal(t, "true", values["b"].Value)
	assert.Equal(t, &EnvSource{Secret: "a", Key: "b"}, values["f"].From)
}

func TestEnvValue_Uses(t *testing.T) {
	for value, want := range map[string][]string{
		"plain": nil, "$(A)": {"A"}, "$(A)/$(B_1)": {"A", "B_1"}, "$$(A)": nil, "$$$(A)": {"A"}, "$(": nil, "$(1A)": nil, "$A": nil,
	} {
		assert.Equal(t, want, EnvValue{Value: value}.Uses(), value)
	}
}

func TestMode(t *testing.T) {
	for text, want := range map[string]Mode{`420`: 0o644, `"0644"`: 0o644, `"400"`: 0o400} {
		var m Mode
		require.NoError(t, json.Unmarshal([]byte(text), &m))
		assert.Equal(t, want, m, text)
	}
}

func TestExplain(t *testing.T) {
	for _, path := range []string{"apps", "apps.web", "apps.web.scale.panic.window", "sidecars.log.env", "mounts./data.secret", "patches.json", "target.config.defaults", "revisions.a.weight",
		"envFrom.0.secret", "apps.image.scale", "apps.web.mounts./data.items.db_file"} {
		_, ok := Explain(path)
		assert.True(t, ok, path)
	}
	for _, path := range []string{"", "nothing", "scale.nothing", "image.tag"} {
		_, ok := Explain(path)
		assert.False(t, ok, path)
	}
}

// TestExplain_LeavesOutKeysOfMaps finds the page of a field of an entry, and
// not that of an entry whose key is the field's name.
func TestExplain_LeavesOutKeysOfMaps(t *testing.T) {
	for path, want := range map[string]string{
		"mounts.items":                 `{"db_file": "db.yaml"} mounts the key db_file as the file db.yaml`,
		"apps.web.mounts.items":        `{"db_file": "db.yaml"} mounts the key db_file as the file db.yaml`,
		"mounts.projected.items":       "Each key takes a key of a Secret or ConfigMap: letters, digits, '-', '_' and '.'; each value takes a relative path.",
		"mounts.projected.fields":      "Each key takes a relative path; each value takes a string.",
		"revisions.weight":             "revisions.weight: an integer, 0 to 100",
		"sidecars.probes.startup.http": "HTTP GET of this path.",
		"mesh.callers.serviceAccount":  "service account",
		"apps.web":                     "apps.web: a struct",
		"env.key":                      "The key in the Secret or ConfigMap.",
	} {
		text, ok := Explain(path)
		assert.True(t, ok, path)
		assert.Contains(t, text, want, path)
	}
}

// TestExplain_EveryFieldHasAPage explains each field of the spec by its path
// without keys, and prints that field's own words.
func TestExplain_EveryFieldHasAPage(t *testing.T) {
	seen := map[*Type]bool{}
	var walk func(path string, typ *Type)
	walk = func(path string, typ *Type) {
		if typ == nil || seen[typ] {
			return
		}
		seen[typ] = true
		for _, f := range typ.Fields {
			at := strings.TrimPrefix(path+"."+f.Name, ".")
			text, ok := Explain(at)
			assert.True(t, ok, at)
			assert.Contains(t, text, f.Doc, at)
			walk(at, f.Type)
		}
		walk(path, typ.Values)
		walk(path, typ.Elem)
	}
	walk("", Document)
}
