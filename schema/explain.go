package schema

import (
	"fmt"
	"strings"
)

// Explain documents the field at a path, as "scale.min" or
// "apps.web.scale.min": a path starts at the document or at an app.
func Explain(path string) (text string, ok bool) {
	names := strings.Split(path, ".")
	for _, start := range []*Type{Document, Document.Field("apps").Type.Values} {
		if f, ok := find(start, names); ok {
			return describe(path, f), true
		}
	}
	return "", false
}

// find walks down a path; a map has every name.
func find(t *Type, names []string) (*Field, bool) {
	var found *Field
	for _, name := range names {
		if t == nil {
			return nil, false
		}
		if t.Elem != nil && t.Field(name) == nil {
			t = t.Elem
		}
		if f := t.Field(name); f != nil {
			found, t = f, f.Type
			continue
		}
		if t = t.Values; t == nil {
			return nil, false
		}
		found = &Field{Name: name, Doc: t.Doc, Type: t}
	}
	return found, found != nil
}

func describe(path string, f *Field) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s: %s\n", path, f.Type.Takes())
	if f.Doc != "" {
		fmt.Fprintf(&b, "\n%s\n", f.Doc)
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
	fields := f.Type.Fields
	if len(fields) == 0 && f.Type.Values != nil {
		fields = f.Type.Values.Fields
	}
	if len(fields) == 0 && f.Type.Elem != nil {
		fields = f.Type.Elem.Fields
	}
	if len(fields) > 0 {
		b.WriteString("\nFields:\n")
	}
	for _, sub := range fields {
		doc, _, _ := strings.Cut(sub.Doc, "\n")
		fmt.Fprintf(&b, "  %-28s %s\n", sub.Name, doc)
	}
	return b.String()
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
