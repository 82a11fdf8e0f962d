package schema

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// Explain documents the field at a path, as "scale.min" or
// "apps.web.scale.min": a path starts at the document or at an app.
func Explain(path string) (text string, ok bool) {
	f, ok := Lookup(path)
	if !ok {
		return "", false
	}
	return describe(path, f), true
}

// Lookup returns the field at a path, which starts at the document or at an app.
func Lookup(path string) (*Field, bool) {
	names := strings.Split(path, ".")
	for _, start := range []*Type{Document, Document.Field("apps").Type.Values} {
		if f, ok := find(start, names); ok {
			return f, true
		}
	}
	return nil, false
}

// FieldsBelow returns the fields that a path continues with: those of the value at
// the path, or of the values that it has as a map or a list. The empty path has
// those of the document and of an app.
func FieldsBelow(path string) []Field {
	if path == "" {
		return slices.Concat(Document.Fields, Document.Field("apps").Type.Values.Fields)
	}
	f, ok := Lookup(path)
	if !ok {
		return nil
	}
	return f.Type.inner()
}

// inner returns the fields of a value, or of the values that it has as a map or a
// list.
func (t *Type) inner() []Field {
	switch {
	case len(t.Fields) > 0:
		return t.Fields
	case t.Values != nil && len(t.Values.Fields) > 0:
		return t.Values.Fields
	case t.Elem != nil:
		return t.Elem.Fields
	}
	return nil
}

// find walks down a path. The name of an entry of a map, and the number of an
// element of a list, may be left out: "mounts.items" is "mounts./data.items".
func find(t *Type, names []string) (*Field, bool) {
	if t == nil {
		return nil, false
	}
	if f := t.Field(names[0]); f != nil {
		if found, ok := below(f, names[1:]); ok {
			return found, true
		}
	}
	if t.Values != nil {
		if found, ok := findInner(t.Values, names); ok {
			return found, true
		}
		if found, ok := below(&Field{Name: names[0], Doc: t.Values.Doc, Type: t.Values}, names[1:]); ok {
			return found, true
		}
	}
	if _, err := strconv.Atoi(names[0]); err == nil && t.Elem != nil {
		return below(&Field{Name: names[0], Doc: t.Elem.Doc, Type: t.Elem}, names[1:])
	}
	return findInner(t.Elem, names)
}

// findInner finds a field of an entry or element whose name is left out. An
// entry has fields of its own, or is a map or list of what has some.
func findInner(t *Type, names []string) (*Field, bool) {
	if t == nil || len(t.Fields) == 0 && t.Elem == nil {
		return nil, false
	}
	if len(t.Fields) > 0 && t.Field(names[0]) == nil {
		return nil, false
	}
	return find(t, names)
}

// below is the field that the names lead to from f; f itself if there are none.
func below(f *Field, names []string) (*Field, bool) {
	if len(names) == 0 {
		return f, true
	}
	return find(f.Type, names)
}

func describe(path string, f *Field) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", path, f.Type.Takes())
	if f.Doc != "" {
		fmt.Fprintf(&b, "\n%s\n", f.Doc)
	}
	if inner := f.Type.Values; inner != nil && len(inner.Fields) == 0 {
		fmt.Fprintf(&b, "\nEach key takes %s; each value takes %s.\n", keyForm(f.Type), inner.Takes())
	}
	if f.Flag != "" {
		fmt.Fprintf(&b, "\nNeeds the flag %s of the target's config-features.\n", f.Flag)
	}
	if f.Since != "" {
		fmt.Fprintf(&b, "\nSince Knative %s.\n", f.Since)
	}
	if f.Istio != "" {
		fmt.Fprintf(&b, "\nSince Istio %s.\n", f.Istio)
	}
	fields := f.Type.inner()
	if len(fields) > 0 {
		b.WriteString("\nFields:\n")
	}
	for _, sub := range fields {
		doc, _, _ := strings.Cut(sub.Doc, "\n")
		fmt.Fprintf(&b, "  %-28s %s\n", sub.Name, doc)
	}
	return b.String()
}

// keyForm says in words what the keys of a map are.
func keyForm(t *Type) string {
	if t.Keys == nil {
		return "any name"
	}
	return t.Keys.Takes()
}

// Takes says in words what a value may be.
func (t *Type) Takes() string {
	s := t.Kinds.String()
	switch {
	case t.Pattern != nil && t.Pattern.Form != "":
		s = t.Pattern.Form
	case len(t.Enum) > 0 && t.Kinds&String != 0:
		s = "one of " + strings.Join(t.Enum, ", ")
	case t.Min != "" && t.Max != "":
		s += ", " + t.Min + " to " + t.Max
	case t.Min != "":
		s += ", at least " + t.Min
	case t.Values != nil && t.Elem == nil:
		s = "a map"
	}
	return s
}
