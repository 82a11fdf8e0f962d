//go:build ignore

// Generate compiles app.cue to table.go. It reads the syntax tree: the schema
// is written in a small part of CUE, the cases of expr below, and the table
// keeps its order and its comments.
package main

import (
	"bytes"
	_ "embed"
	"go/format"
	"log"
	"os"
	"slices"
	"strconv"
	"strings"
	"text/template"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"
	"github.com/cockroachdb/apd/v3"
)

// typ is a schema.Type, with Go expressions for what it points to.
type typ struct {
	Name, Doc          string
	Kinds              []string
	Fields             []field
	Keys, Values, Elem string
	MinLen             int
	Pattern            *pattern
	Enum               []string
	Min, Max           string
	OneOf              []string
	Open, Whole        bool
}

type field struct {
	Name, Doc          string
	Required           bool
	Type               string
	Flag, Since, Istio string
}

type pattern struct{ Expr, Form, Code string }

var defs = map[string]*ast.Field{}

func main() {
	log.SetFlags(0)
	file, err := parser.ParseFile("app.cue", nil, parser.ParseComments)
	check(err)
	var order []string
	for _, d := range file.Decls {
		if f, ok := d.(*ast.Field); ok {
			defs[label(f)] = f
			order = append(order, label(f))
		}
	}
	var types []*typ
	for _, name := range order {
		t := named(name)
		t.Name, t.Doc = name[1:], doc(defs[name])
		types = append(types, t)
	}
	var out bytes.Buffer
	check(table.ExecuteTemplate(&out, "file", types))
	src, err := format.Source(out.Bytes())
	check(err)
	check(os.WriteFile("table.go", src, 0o644))
}

// named is the type that a definition stands for.
func named(name string) *typ {
	def := defs[name]
	if def == nil {
		log.Fatalf("no definition %s", name)
	}
	t := &typ{}
	t.expr(def.Value)
	t.attributes(def.Attrs)
	return t
}

// reference is a pointer to the type of e: a definition's variable, or a literal.
func reference(e ast.Expr, attrs []*ast.Attribute) string {
	if id, ok := e.(*ast.Ident); ok && strings.HasPrefix(id.Name, "#") {
		return "&type" + id.Name[1:]
	}
	t := &typ{}
	t.expr(e)
	t.attributes(attrs)
	var b bytes.Buffer
	check(table.ExecuteTemplate(&b, "type", t))
	return "&Type" + b.String()
}

// expr adds what e says to the type. Both operands of | and of & do: kinds
// differ in the one case and bounds in the other, so one Type holds them all.
func (t *typ) expr(e ast.Expr) {
	switch x := e.(type) {
	case *ast.ParenExpr:
		t.expr(x.X)
	case *ast.BinaryExpr:
		t.expr(x.X)
		t.expr(x.Y)
	case *ast.Ident:
		t.ident(x)
	case *ast.BasicLit:
		t.constant(x)
	case *ast.UnaryExpr:
		t.bound(x)
	case *ast.ListLit:
		t.list(x)
	case *ast.StructLit:
		t.kind("Struct")
		t.structure(x)
	default:
		log.Fatalf("%v: %T is not in the schema's part of CUE", e.Pos(), e)
	}
}

func (t *typ) kind(k string) {
	if !slices.Contains(t.Kinds, k) {
		t.Kinds = append(t.Kinds, k)
	}
}

func (t *typ) ident(x *ast.Ident) {
	if strings.HasPrefix(x.Name, "#") {
		t.expr(defs[x.Name].Value)
		t.attributes(defs[x.Name].Attrs)
		return
	}
	kind, ok := map[string]string{"string": "String", "int": "Int", "number": "Number", "bool": "Bool", "_": "Any"}[x.Name]
	if !ok {
		log.Fatalf("%v: %s is not in the schema's part of CUE", x.Pos(), x.Name)
	}
	t.kind(kind)
	t.Open = t.Open || x.Name == "_"
}

func (t *typ) constant(x *ast.BasicLit) {
	switch x.Kind {
	case token.STRING:
		t.kind("String")
		t.Enum = append(t.Enum, unquote(x))
	case token.TRUE:
		t.kind("Bool")
		t.Enum = append(t.Enum, "true")
	default:
		log.Fatalf("%v: %s is not in the schema's part of CUE", x.Pos(), x.Value)
	}
}

func (t *typ) bound(x *ast.UnaryExpr) {
	sign, operand := "", x.X
	if u, ok := operand.(*ast.UnaryExpr); ok && u.Op == token.SUB {
		sign, operand = "-", u.X
	}
	lit := operand.(*ast.BasicLit)
	switch x.Op {
	case token.MAT:
		t.kind("String")
		t.Pattern = &pattern{Expr: unquote(lit)}
	case token.GEQ:
		t.Min = sign + number(lit)
	case token.LEQ:
		t.Max = sign + number(lit)
	default:
		log.Fatalf("%v: %s is not in the schema's part of CUE", x.Pos(), x.Op)
	}
}

// number is a literal in the decimal notation that strconv reads.
func number(lit *ast.BasicLit) string {
	var n literal.NumInfo
	check(literal.ParseNum(lit.Value, &n))
	var d apd.Decimal
	check(n.Decimal(&d))
	return d.Text('f')
}

func (t *typ) list(x *ast.ListLit) {
	t.kind("List")
	for i, e := range x.Elts {
		if rest, ok := e.(*ast.Ellipsis); ok {
			t.MinLen, t.Elem = i, reference(rest.Type, nil)
		}
	}
}

// structure adds the fields of a struct, those of an embedded definition in
// its place. Of a field that stands twice the later counts, with the earlier's comment.
func (t *typ) structure(x *ast.StructLit) {
	for _, d := range x.Elts {
		switch d := d.(type) {
		case *ast.Ellipsis:
			t.Open = true
		case *ast.EmbedDecl:
			t.structure(defs[d.Expr.(*ast.Ident).Name].Value.(*ast.StructLit))
		case *ast.Field:
			if key, ok := d.Label.(*ast.ListLit); ok {
				t.mapping(key.Elts[0], d.Value)
				continue
			}
			f := newField(d)
			if i := slices.IndexFunc(t.Fields, func(o field) bool { return o.Name == f.Name }); i >= 0 {
				f.Doc = t.Fields[i].Doc
				t.Fields[i] = f
				continue
			}
			t.Fields = append(t.Fields, f)
		}
	}
}

func (t *typ) mapping(key, value ast.Expr) {
	if id, ok := key.(*ast.Ident); !ok || id.Name != "string" {
		t.Keys = reference(key, nil)
	}
	t.Values = reference(value, nil)
}

func newField(d *ast.Field) field {
	f := field{Name: label(d), Doc: doc(d), Required: d.Constraint == token.NOT, Type: reference(d.Value, d.Attrs)}
	for _, a := range d.Attrs {
		switch key, body := a.Split(); key {
		case "flag":
			f.Flag = body
		case "since":
			product, version, _ := strings.Cut(body, "=")
			if product == "istio" {
				f.Istio = version
			} else {
				f.Since = version
			}
		}
	}
	return f
}

func (t *typ) attributes(attrs []*ast.Attribute) {
	for _, a := range attrs {
		switch key, body := a.Split(); key {
		case "form":
			text, err := strconv.QuotedPrefix(body)
			check(err)
			t.Pattern.Form, _ = strconv.Unquote(text)
			t.Pattern.Code = strings.TrimPrefix(body[len(text):], ", code=")
		case "oneof":
			t.OneOf = strings.Split(body, ", ")
		case "k8s":
			t.Whole = true
		}
	}
}

func label(f *ast.Field) string {
	name, _, _ := ast.LabelName(f.Label)
	return name
}

func unquote(lit *ast.BasicLit) string {
	s, err := literal.Unquote(lit.Value)
	check(err)
	return s
}

func doc(n ast.Node) string {
	var lines []string
	for _, g := range ast.Comments(n) {
		for _, c := range g.List {
			if g.Doc {
				lines = append(lines, strings.TrimPrefix(strings.TrimPrefix(c.Text, "//"), " "))
			}
		}
	}
	return strings.Join(lines, "\n")
}

func check(err error) {
	if err != nil {
		log.Fatal(err)
	}
}

var table = template.Must(template.New("").Parse(`
{{define "file"}}// Code generated by "go run generate.go" from app.cue. DO NOT EDIT.

package schema

{{range .}}var type{{.Name}} = Type{{template "type" .}}

{{end}}{{end}}

{{define "type"}}{
{{- with .Name}}Name: {{printf "%q" .}}, {{end}}
{{- with .Doc}}Doc: {{printf "%q" .}}, {{end}}Kinds: {{range $i, $k := .Kinds}}{{if $i}}|{{end}}{{$k}}{{end}}
{{- with .Fields}}, Fields: []Field{
{{range .}}{Name: {{printf "%q" .Name}}, Doc: {{printf "%q" .Doc}}, {{if .Required}}Required: true, {{end}}Type: {{.Type}}{{with .Flag}}, Flag: {{printf "%q" .}}{{end}}{{with .Since}}, Since: {{printf "%q" .}}{{end}}{{with .Istio}}, Istio: {{printf "%q" .}}{{end}}},
{{end}}}{{end}}
{{- with .Keys}}, Keys: {{.}}{{end}}
{{- with .Values}}, Values: {{.}}{{end}}
{{- with .Elem}}, Elem: {{.}}{{end}}
{{- with .MinLen}}, MinLen: {{.}}{{end}}
{{- with .Pattern}}, Pattern: &Pattern{Expr: {{printf "%q" .Expr}}, Form: {{printf "%q" .Form}}, Code: {{printf "%q" .Code}}}{{end}}
{{- with .Enum}}, Enum: {{printf "%#v" .}}{{end}}
{{- with .Min}}, Min: {{printf "%q" .}}{{end}}
{{- with .Max}}, Max: {{printf "%q" .}}{{end}}
{{- with .OneOf}}, OneOf: {{printf "%#v" .}}{{end}}
{{- if .Open}}, Open: true{{end}}
{{- if .Whole}}, Whole: true{{end -}}
}{{end}}
`))
