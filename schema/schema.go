// Package schema is the app spec: app.cue, the source of its fields, types,
// bounds and documentation; table.go, the same as Go data for the checker;
// and app.go, the Go types that a checked spec is decoded into. It knows
// neither CUE nor Kubernetes.
//
// The package is not part of belay's promised API: that is package belay, at the
// root of the module.
package schema

import (
	_ "embed"
	"regexp"
	"strings"
	"sync"
)

// APIVersion of the spec, as it stands in the annotation belay.sh/spec.
const APIVersion = "v1alpha1"

//go:generate go run generate.go

// Source is app.cue.
//
//go:embed app.cue
var Source []byte

// Document is the type of a whole spec.
var Document = &typeDocument

// Kind is a set of the kinds that a value may have.
type Kind uint8

// The kinds of JSON, with numbers told apart as CUE does.
const (
	Null Kind = 1 << iota
	Bool
	Int
	Float
	String
	List
	Struct

	Number = Int | Float
	Any    = Null | Bool | Number | String | List | Struct
)

var kindNames = []struct {
	kind Kind
	name string
}{
	{Null, "null"}, {Bool, "a bool"}, {Number, "a number"}, {Int, "an integer"}, {Float, "a number"},
	{String, "a string"}, {List, "a list"}, {Struct, "a struct"},
}

// String names the kinds for a message: "a string or a struct".
func (k Kind) String() string {
	if k == Any {
		return "any value"
	}
	var names []string
	for _, n := range kindNames {
		if k&n.kind == n.kind {
			names = append(names, n.name)
			k &^= n.kind
		}
	}
	if len(names) < 2 {
		return strings.Join(names, "")
	}
	last := len(names) - 1
	return strings.Join(names[:last], ", ") + " or " + names[last]
}

// Type says what a value of the spec may be. One Type serves all kinds that
// the value may have: Fields and Values speak of structs, Elem of lists,
// Pattern and Enum of strings, Min and Max of numbers.
type Type struct {
	Name   string  // the definition in app.cue, without '#'; "" if it has none
	Doc    string  // its comment
	Kinds  Kind    // what it may be
	Fields []Field // of a struct with named fields, in the order of app.cue
	Keys   *Type   // of a struct that is a map: what a key looks like
	Values *Type   // of a struct that is a map
	Elem   *Type   // of a list
	MinLen int     // of a list

	Pattern *Pattern
	Enum    []string
	Min     string // of a number, as its literal; "" for no bound
	Max     string
	OneOf   []string // a struct has exactly one of these fields
	Open    bool     // whatever is in it, at any depth
	Whole   bool     // a revision replaces all of it, and merges nothing: a type of Kubernetes
}

// Field is a named field of a struct.
type Field struct {
	Name     string
	Doc      string
	Required bool
	Type     *Type
	Flag     string // the flag of config-features that it needs, or ""
	Since    string // the first release of Knative that has it, or ""
	Istio    string // the first release of Istio that has it, or ""
}

// Field returns the field of that name, or nil.
func (t *Type) Field(name string) *Field {
	for i := range t.Fields {
		if t.Fields[i].Name == name {
			return &t.Fields[i]
		}
	}
	return nil
}

// At is the type of a struct's field or of a map's values under that name. It
// is nil where the spec has no such field.
func (t *Type) At(name string) *Type {
	if f := t.Field(name); f != nil {
		return f.Type
	}
	return t.Values
}

// Pattern is the form of a string.
type Pattern struct {
	Expr string // a regular expression, RE2
	Form string // what it asks for, in words
	Code string // the code of a violation; "" for the general one

	compile sync.Once
	re      *regexp.Regexp
}

// Match reports whether s has the form.
func (p *Pattern) Match(s string) bool {
	p.compile.Do(func() { p.re = regexp.MustCompile(p.Expr) })
	return p.re.MatchString(s)
}
