package cuelang

import (
	"cmp"
	"fmt"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/format"
	"cuelang.org/go/cue/token"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// A converter turns an evaluated package into a source tree. Errors of CUE
// become Bad nodes where they belong; check reports those that it walks over,
// so that a wrong value in an unknown field is one mistake, not two.
type converter struct {
	unit   unit
	files  []*ast.File
	loader *loader // if cue/load put the package together
	depth  int

	open map[diag.Range]diag.Diagnostic // values that are not concrete, by the place that is reported
}

func (c *converter) root(v cue.Value) (*ir.Node, diag.List) {
	root := &ir.Node{Kind: schema.Struct, At: c.unit.start(c.files)}
	root.Key = root.At
	v, _ = v.Default()
	if k := v.IncompleteKind(); k != cue.StructKind && k != cue.BottomKind {
		return nil, diag.List{root.Errorf(diag.NotASpec, "the package is a value of the type %v; a spec is a map", k)}
	}
	bad, err := c.children(root, v)
	if err == nil {
		err = v.Err()
	}
	if err != nil && !bad {
		return nil, c.failures(err)
	}
	return root, nil
}

// node converts a value. It reports whether there is a Bad node in it.
func (c *converter) node(v cue.Value, parent *ir.Node, name string) (n *ir.Node, bad bool) {
	n = &ir.Node{Parent: parent, Name: name}
	n.Key, n.At = c.place(v)
	if c.depth++; c.depth > load.MaxDepth {
		c.depth--
		d := n.Errorf(diag.TooDeep, "nested deeper than %d levels", load.MaxDepth)
		n.Bad = &d
		return n, true
	}
	defer func() { c.depth-- }()
	written := v
	if d, ok := v.Default(); ok {
		v = d // a disjunction of any kinds is its default
	}
	err := v.Err()
	var inside error // of the fields or elements
	switch v.IncompleteKind() {
	case cue.StructKind:
		n.Kind = schema.Struct
		bad, inside = c.children(n, v)
	case cue.ListKind:
		n.Kind = schema.List
		bad, inside = c.elements(n, v)
	case cue.BottomKind:
		bad = c.broken(n, v)
	default:
		if err == nil {
			err = c.scalar(n, v)
		}
	}
	switch {
	case bad || n.Bad != nil:
	case inside != nil:
		d := c.ambiguous(n, written, inside)
		n.Kind, n.Children, n.Bad = 0, nil, &d
	case err != nil:
		d := c.failure(err, n)
		n.Kind, n.Children, n.Bad = 0, nil, &d
	}
	return n, n.Bad != nil || bad
}

// broken converts a value with an error in it, which CUE passes up from a
// field to all structs around it.
func (c *converter) broken(n *ir.Node, v cue.Value) bool {
	fields, err := v.Fields(cue.Optional(true))
	if err != nil {
		return false // the error of the value itself says more
	}
	n.Kind = schema.Struct
	if fields.Next() && fields.Selector().LabelType() == cue.IndexLabel {
		n.Kind = schema.List
	}
	bad, _ := c.children(n, v) // whose fields were listed above
	return bad
}

// children converts the fields of a map. The error is that it has none that can
// be listed.
func (c *converter) children(n *ir.Node, v cue.Value) (bad bool, err error) {
	fields, err := v.Fields(cue.Optional(true))
	if err != nil {
		return false, err
	}
	for fields.Next() {
		sel := fields.Selector()
		if sel.ConstraintType() == cue.OptionalConstraint {
			continue
		}
		name := ""
		if sel.LabelType() == cue.IndexLabel {
			name = strconv.Itoa(sel.Index())
		} else {
			name = sel.Unquoted()
		}
		child, childBad := c.node(fields.Value(), n, name)
		if sel.ConstraintType() == cue.RequiredConstraint {
			child.Bad, childBad = c.missing(n, child), true
			child.Kind, child.Children = 0, nil
		}
		n.Add(child)
		bad = bad || childBad
	}
	return bad, nil
}

func (c *converter) elements(n *ir.Node, v cue.Value) (bad bool, err error) {
	list, err := v.List()
	if err != nil {
		return false, err
	}
	for i := 0; list.Next(); i++ {
		child, childBad := c.node(list.Value(), n, strconv.Itoa(i))
		n.Add(child)
		bad = bad || childBad
	}
	return bad, nil
}

// scalar fills in the value. The error is what makes it unusable.
func (c *converter) scalar(n *ir.Node, v cue.Value) error {
	if !v.IsConcrete() {
		d := c.ambiguous(n, v, nil)
		n.Bad = &d
		return nil
	}
	var err error
	switch v.Kind() {
	case cue.StringKind:
		n.Kind = schema.String
		n.Text, err = v.String()
		return err
	case cue.BytesKind:
		d := n.Errorf(diag.WrongType, "%s is bytes; the spec has only text", describe(n)).
			WithHint(`write the text in double quotes`)
		n.Bad = &d
		return nil
	case cue.NullKind:
		n.Kind = schema.Null
	case cue.BoolKind:
		n.Kind = schema.Bool
	case cue.IntKind:
		n.Kind = schema.Int
	default:
		n.Kind = schema.Float
	}
	text, err := v.MarshalJSON()
	n.Text = string(text)
	return err
}

// ambiguous is the error for a value of which CUE knows only what it may be.
// What it may be is listed as it is written: the names of definitions say more
// than all of their fields.
func (c *converter) ambiguous(n *ir.Node, v cue.Value, err error) diag.Diagnostic {
	choice, choices := disjunction(v)
	if len(choices) == 0 && err != nil {
		return c.failure(err, n)
	}
	if len(choices) == 0 {
		choices = []string{shorten(fmt.Sprint(v))}
	}
	d := n.Errorf(diag.NotConcrete, "%s has no concrete value, only %s", describe(n), strings.Join(choices, " | ")).
		WithHint("give it a value, or a default%s", c.unit.openTags(c.files))
	if err != nil {
		d = d.WithHint("mark one of them as the default with *, or give it what only one of them allows")
	}
	if src := choice.Source(); src != nil && c.mine(c.file(src.Pos())) {
		_, d.At = c.ranges(src)
	}
	return c.once(d)
}

// once returns the first diagnostic at a place: a value that is not concrete,
// and that several fields share, is one mistake.
func (c *converter) once(d diag.Diagnostic) diag.Diagnostic {
	if first, ok := c.open[d.At]; ok {
		return first
	}
	if c.open == nil {
		c.open = map[diag.Range]diag.Diagnostic{}
	}
	c.open[d.At] = d
	return d
}

// disjunction finds the disjunction that v is made of, and its alternatives as
// they are written in the source.
func disjunction(v cue.Value) (found cue.Value, all []string) {
	op, args := v.Expr()
	switch op {
	case cue.OrOp:
		for _, a := range args {
			_, more := disjunction(a)
			if len(more) == 0 {
				more = []string{written(a)}
			}
			all = append(all, more...)
		}
		return v, all
	case cue.AndOp:
		for _, a := range args {
			if found, all = disjunction(a); len(all) > 0 {
				return found, all
			}
		}
	}
	return v, nil
}

// written is a value as the source has it, on one line.
func written(v cue.Value) string {
	if src, ok := v.Source().(ast.Expr); ok {
		if text, err := format.Node(src); err == nil {
			return shorten(string(text))
		}
	}
	return shorten(fmt.Sprint(v))
}

// maxWritten bounds how much of a value a message repeats, in bytes.
const maxWritten = 60

func shorten(text string) string {
	text = strings.Join(strings.Fields(text), " ")
	if len(text) <= maxWritten {
		return text
	}
	cut := maxWritten
	for !utf8.RuneStart(text[cut]) {
		cut--
	}
	return text[:cut] + "…"
}

// missing is the error for a field that a definition of the user's requires.
func (c *converter) missing(parent, field *ir.Node) *diag.Diagnostic {
	d := parent.KeyErrorf(diag.MissingField, "%s lacks the field %s", describe(parent), field.Name)
	if !field.At.IsZero() {
		d = d.WithRelated(field.At, "required here")
	}
	return &d
}

// describe names a value in a message.
func describe(n *ir.Node) string {
	if path := n.Path(); path != "" {
		return path
	}
	return "the spec"
}

// place is where a value is written: its name and itself. A value written in
// several places counts where it is written last, and a pattern such as
// [string]: {…} counts only where nothing else says more.
func (c *converter) place(v cue.Value) (key, at diag.Range) {
	if src := v.Source(); src != nil {
		return c.ranges(src)
	}
	_, parts := v.Expr()
	var sources []ast.Node
	for _, p := range parts {
		if src := p.Source(); src != nil {
			sources = append(sources, src)
		}
	}
	if len(sources) == 0 {
		at, _ = c.at(v.Pos())
		return diag.Range{}, at
	}
	last := slices.MaxFunc(sources, func(a, b ast.Node) int {
		return cmp.Or(
			cmp.Compare(specificity(a), specificity(b)),
			a.Pos().Compare(b.Pos()))
	})
	return c.ranges(last)
}

func specificity(n ast.Node) int {
	if f, ok := n.(*ast.Field); ok {
		if _, pattern := f.Label.(*ast.ListLit); !pattern {
			return 1
		}
	}
	return 0
}

func (c *converter) ranges(src ast.Node) (key, at diag.Range) {
	if f, ok := src.(*ast.Field); ok {
		return c.span(f.Label), c.span(f.Value)
	}
	at = c.span(src)
	return at, at
}

// span is the place of a syntax node.
func (c *converter) span(n ast.Node) diag.Range {
	return diag.Range{
		File:  c.file(n.Pos()),
		Start: position(n.Pos()),
		End:   position(n.End()),
	}
}

// at is the place of the smallest syntax node at pos, and the node. It is
// slow, and only for errors.
func (c *converter) at(pos token.Pos) (found diag.Range, node ast.Node) {
	if !pos.IsValid() {
		return diag.Range{}, nil
	}
	found = diag.Range{File: c.file(pos), Start: position(pos), End: position(pos)}
	for _, f := range c.files {
		if f.Filename != pos.Filename() {
			continue
		}
		ast.Walk(f, func(n ast.Node) bool {
			if p := n.Pos(); p.IsValid() && p.Offset() == pos.Offset() && n.End().IsValid() {
				found.End, node = position(n.End()), n
			}
			return true
		}, nil)
	}
	return found, node
}

func (c *converter) file(pos token.Pos) string {
	name := pos.Filename()
	if name == "" || name == load.Stdin {
		return load.Stdin
	}
	if _, inModule, ok := strings.Cut(filepath.ToSlash(name), moduleMount); ok {
		return inModule // such as corp.example/lib@v0.1.0/lib.cue
	}
	return c.unit.Options.DisplayPath(name)
}

func position(pos token.Pos) diag.Position {
	if !pos.IsValid() {
		return diag.Position{}
	}
	return diag.Position{Line: pos.Line(), Column: pos.Column()}
}

// start is where a spec as a whole begins: its first declaration.
func (u unit) start(files []*ast.File) diag.Range {
	c := &converter{unit: u}
	for _, f := range files {
		for _, d := range f.Decls {
			switch d.(type) {
			case *ast.Package, *ast.ImportDecl, *ast.CommentGroup, *ast.Attribute:
				continue
			}
			pos := d.Pos()
			return diag.Range{File: c.file(pos), Start: position(pos), End: position(pos)}
		}
	}
	first := diag.Position{Line: 1, Column: 1}
	if len(files) == 0 {
		return diag.Range{File: u.Path, Start: first, End: first}
	}
	return diag.Range{File: u.Options.DisplayPath(files[0].Filename), Start: first, End: first}
}
