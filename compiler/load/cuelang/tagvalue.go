package cuelang

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"

	"github.com/belay-sh/belay/internal/diag"
)

// A tagged is a field that takes its value from a tag.
type tagged struct {
	tag
	path  []cue.Selector
	field *ast.Field
}

// taggedFields are the fields with tags, where they can be found by path: in
// maps, not in what is computed.
func taggedFields(inst *build.Instance) (all []tagged) {
	var visit func(n ast.Node, path []cue.Selector)
	visit = func(n ast.Node, path []cue.Selector) {
		switch n := n.(type) {
		case *ast.File:
			for _, d := range n.Decls {
				visit(d, path)
			}
		case *ast.StructLit:
			for _, d := range n.Elts {
				visit(d, path)
			}
		case *ast.EmbedDecl:
			visit(n.Expr, path)
		case *ast.BinaryExpr:
			visit(n.X, path)
			visit(n.Y, path)
		case *ast.Field:
			sel, ok := selector(n.Label, inst.ID())
			if !ok {
				return
			}
			path = append(slices.Clip(path), sel)
			for _, a := range n.Attrs {
				if name, body := a.Split(); name == "tag" {
					all = append(all, tagged{parseTag(body), path, n})
				}
			}
			visit(n.Value, path)
		}
	}
	for _, f := range inst.Files {
		visit(f, nil)
	}
	return all
}

// selector finds a field of that label in the package.
func selector(label ast.Label, pkg string) (cue.Selector, bool) {
	name, isIdent, err := ast.LabelName(label)
	switch {
	case err != nil:
		return cue.Selector{}, false
	case isIdent && strings.HasPrefix(name, "_"):
		return cue.Hid(name, pkg), true
	case isIdent && strings.HasPrefix(name, "#"):
		return cue.Def(name), true
	}
	return cue.Str(name), true
}

// wrongTags are the errors for the values that -t gives and the tagged fields
// don't take. A value that is wrong makes everything wrong that is computed
// from it, so these are reported instead of the unit's other errors.
func (l *loader) wrongTags(v cue.Value, inst *build.Instance) (diags diag.List) {
	var original *build.Instance
	var values cue.Value
	for i, t := range taggedFields(inst) {
		given, ok := t.value(l.tags)
		if !ok {
			continue
		}
		at := cue.MakePath(t.path...)
		if got := v.LookupPath(at); !got.Exists() || got.Err() == nil {
			continue
		}
		if original == nil { // without values for tags: what the fields may be
			original = l.load(nil)
			values = cuecontext.New().BuildInstance(original)
		}
		c := &converter{unit: l.unit, files: original.Files}
		field := taggedFields(original)[i].field
		diags.Add(t.wrong(given, c.span(field.Value), takes(values.LookupPath(at))))
	}
	return diags
}

// wrongTypes are the errors for values that are not of the type that a tag
// declares, with which CUE does not begin to evaluate.
func (u unit) wrongTypes(p *parts, tags []string) (diags diag.List) {
	c := &converter{unit: u, files: p.files}
	for _, f := range p.files {
		ast.Walk(f, func(n ast.Node) bool {
			field, ok := n.(*ast.Field)
			if !ok {
				return true
			}
			for _, a := range field.Attrs {
				name, body := a.Split()
				if name != "tag" {
					continue
				}
				t := tagged{tag: parseTag(body), field: field}
				if given, ok := t.value(tags); ok && !t.accepts(given) {
					diags.Add(t.wrong(given, c.span(field.Value), article[t.kind]))
				}
			}
			return true
		}, nil)
	}
	return diags
}

var article = map[string]string{"int": "a whole number", "number": "a number", "bool": "true or false"}

// value is what the run gives for a tag.
func (t tag) value(tags []string) (given string, ok bool) {
	for _, g := range tags {
		name, value, valued := strings.Cut(g, "=")
		if valued && name == t.name {
			given, ok = value, true
		}
		if !valued && slices.Contains(t.shorts, g) {
			given, ok = g, true
		}
	}
	return given, ok
}

// accepts reports whether text is of the type that the tag declares.
func (t tag) accepts(text string) bool {
	ctx := cuecontext.New()
	switch t.kind {
	case "int":
		v := ctx.CompileString(text)
		return v.Err() == nil && v.Kind() == cue.IntKind
	case "number":
		v := ctx.CompileString(text)
		return v.Err() == nil && v.Kind()&cue.NumberKind != 0
	case "bool":
		_, err := strconv.ParseBool(strings.TrimSpace(text))
		return err == nil
	}
	return true
}

func (t tagged) wrong(given string, at diag.Range, takes string) diag.Diagnostic {
	return diag.Diagnostic{
		Code: diag.InvalidTag, Severity: diag.Error, At: at,
		Message: fmt.Sprintf("%s is %q (from -t); it takes %s", t.name, given, takes),
	}
}

// takes says what a value may be.
func takes(v cue.Value) string {
	_, all := disjunction(v)
	all = slices.Compact(all)
	switch len(all) {
	case 0:
		return shorten(fmt.Sprint(v))
	case 1:
		return all[0]
	}
	last := len(all) - 1
	return strings.Join(all[:last], ", ") + " or " + all[last]
}
