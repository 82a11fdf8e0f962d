package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// A conformer walks a source tree beside the schema. It looks up every field
// and holds every leaf to its type, which is faster than unifying the spec
// with a closed CUE schema, finds all mistakes, and tells each once.
type conformer struct {
	target *target.Target
	diags  diag.List
	left   omissions // what has another form than the schema's
}

// omit leaves a value out of what rules look at, since it is reported already.
func (c *conformer) omit(n *ir.Node, fields ...string) { c.left.add(n, fields...) }

// topLevel walks the document down to its maps of apps and namespaces, whose
// entries are walked one by one.
func (c *conformer) topLevel(root *ir.Node) bool {
	if !c.kind(root, schema.Document) {
		return false
	}
	for _, n := range root.Children {
		f := schema.Document.Field(n.Name)
		switch {
		case f == nil:
			c.unknown(n, schema.Document)
			c.left.addMeant(n, meant(n, schema.Document)...)
		case f.Type.Values != nil && !c.kind(n, f.Type):
			c.omit(n)
		}
	}
	return true
}

// entry walks an entry of a map.
func (c *conformer) entry(n *ir.Node, m *schema.Type) {
	before := len(c.diags)
	c.key(n, m)
	if c.diags[before:].HasErrors() {
		c.omit(n)
	}
	c.value(n, m.Values)
}

// value walks a value beside its type.
func (c *conformer) value(n *ir.Node, t *schema.Type) {
	before := len(c.diags)
	switch {
	case t.Open:
		c.open(n, t)
	case !c.kind(n, t):
	case n.Kind == schema.Struct:
		c.structure(n, t)
		return
	case n.Kind == schema.List:
		c.list(n, t)
		return
	case n.Kind == schema.String:
		c.text(n, t)
	case n.Kind == schema.Bool:
		c.enum(n, t)
	default:
		c.bounds(n, t)
	}
	if c.diags[before:].HasErrors() {
		c.omit(n, ownFields(t)...)
	}
}

// kind reports whether a value is there and of a kind that its type has.
func (c *conformer) kind(n *ir.Node, t *schema.Type) bool {
	if n.Bad != nil {
		c.diags.Add(*n.Bad)
		return false
	}
	if n.Kind&t.Kinds != 0 {
		return true
	}
	d := n.Errorf(diag.WrongType, "%s is %s; it takes %s", name(n), found(n), t.Kinds)
	if hint := convert(n, t); hint != "" {
		d = d.WithHint("%s", hint)
	}
	c.diags.Add(d)
	return false
}

// convert proposes the same value in a kind that the type has.
func convert(n *ir.Node, t *schema.Type) string {
	switch {
	case n.Kind == schema.String && t.Kinds&(schema.Number|schema.Bool) != 0:
		if _, err := strconv.ParseFloat(n.Text, 64); err == nil || n.Text == "true" || n.Text == "false" {
			return "write it without quotes: " + n.Text
		}
	case n.Kind&(schema.Number|schema.Bool) != 0 && t.Kinds&schema.String != 0:
		return "put it in quotes: " + strconv.Quote(n.Text)
	case n.Kind == schema.String && t.Kinds&schema.List != 0:
		return fmt.Sprintf("put it in brackets: [%q]", n.Text)
	case n.Kind == schema.Null && n.Parent != nil:
		return "leave the field out"
	}
	return ""
}

// open walks a value of a Kubernetes type, of which only the outer kind is
// known here; its fields are checked when it is decoded.
func (c *conformer) open(n *ir.Node, t *schema.Type) {
	if c.kind(n, t) {
		c.broken(n)
	}
}

// freeText is the type of a text that is not a name.
var freeText = &schema.Type{Kinds: schema.String}

// broken reports what has no value somewhere below n, and disguised text.
func (c *conformer) broken(n *ir.Node) {
	if n.Bad != nil {
		c.diags.Add(*n.Bad)
	}
	if n.Kind == schema.String {
		c.disguise(n, freeText)
	}
	for _, child := range n.Children {
		c.broken(child)
	}
}

func (c *conformer) structure(n *ir.Node, t *schema.Type) {
	for _, child := range n.Children {
		if f := t.Field(child.Name); f != nil {
			c.field(child, f)
			continue
		}
		if t.Values == nil {
			c.unknown(child, t)
			if fields := meant(child, t); len(fields) > 0 {
				c.left.addMeant(child, fields...)
			} else {
				c.omit(child, absentFields(n, t)...)
			}
			continue
		}
		c.entry(child, t)
	}
	for _, f := range t.Fields {
		if f.Required && c.left.lacks(n, f.Name) {
			c.omit(n)
		}
		misspelt := func(child *ir.Node) bool { return isMeant(child, t, []string{f.Name}) }
		if f.Required && n.Field(f.Name) == nil && !slices.ContainsFunc(n.Children, misspelt) {
			c.diags.Add(n.KeyErrorf(diag.MissingField, "%s lacks the field %s", name(n), f.Name))
		}
	}
	c.oneOf(n, t)
}

// field walks a named field, and asks whether the target has it.
func (c *conformer) field(n *ir.Node, f *schema.Field) {
	before := len(c.diags)
	c.value(n, f.Type)
	if len(c.diags) > before {
		return
	}
	if since := f.Since; since != "" && !c.target.Knative.AtLeast(target.MustParse(since)) {
		c.diags.Add(n.KeyErrorf(diag.UnsupportedField, "Knative %s has no %s; it came with %s", c.target.Knative, f.Name, since).
			WithHint("set target: knative: %q or newer", target.KnownSince(target.MustParse(since))))
		return
	}
	if since := f.Istio; since != "" && !c.target.Istio.AtLeast(target.MustParse(since)) {
		c.diags.Add(n.KeyErrorf(diag.UnsupportedField, "Istio %s has no %s; it came with %s", c.target.Istio, f.Name, since).
			WithHint("set target: istio: %q or newer", since))
		return
	}
	if f.Flag != "" {
		c.diags.Add(requireFlag(c.target, n, f.Flag)...)
	}
}

// requireFlag tells that a field needs a flag that the target has not on.
func requireFlag(t *target.Target, n *ir.Node, flag string) diag.List {
	if t.Permits(flag) {
		return nil
	}
	if since, ok := target.FlagSince(flag); ok && !t.Knative.AtLeast(since) {
		return diag.List{n.KeyErrorf(diag.UnsupportedField, "Knative %s has no %s; its flag %s came with %s", t.Knative, n.Name, flag, since).
			WithHint("set target: knative: %q or newer", target.KnownSince(since))}
	}
	d := n.KeyErrorf(diag.FeatureDisabled, "%s needs Knative's flag %s, which is %s at the target", name(n), flag, t.Flag(flag))
	if t.Flag(flag) == target.Allowed {
		d.Message += ", and the webhook asks for enabled"
	}
	return diag.List{d.WithHint(`enable it in the cluster's config-features, and say so: target: config: features: %q: "enabled"`, flag)}
}

func (c *conformer) list(n *ir.Node, t *schema.Type) {
	if len(n.Children) < t.MinLen {
		c.diags.Add(n.Errorf(diag.OutOfBounds, "%s is empty; it takes at least %d", name(n), t.MinLen))
		c.omit(n)
	}
	for _, e := range n.Children {
		c.value(e, t.Elem)
	}
}

func (c *conformer) text(n *ir.Node, t *schema.Type) {
	if strings.ContainsRune(n.Text, 0) {
		c.diags.Add(n.Errorf(diag.InvalidValue, "%s has a NUL character", name(n)))
		return
	}
	switch {
	case t.Pattern != nil && t.Pattern.Code == string(diag.InvalidImage):
		c.diags.Add(checkReference(n)...)
	case t.Pattern != nil && !t.Pattern.Match(n.Text):
		d := n.Errorf(patternCode(t.Pattern), "%s is %s; it takes %s", name(n), found(n), t.Pattern.Form)
		c.diags.Add(hintQuantity(disguised(d, n.Text), n, t))
	case len(t.Enum) > 0:
		c.enum(n, t)
	default:
		c.disguise(n, t)
	}
}

func patternCode(p *schema.Pattern) diag.Code {
	if p.Code != "" {
		return diag.Code(p.Code)
	}
	return diag.InvalidValue
}

// key holds the name of a map's entry to its form.
func (c *conformer) key(n *ir.Node, m *schema.Type) {
	var p *schema.Pattern
	if m.Keys != nil {
		p = m.Keys.Pattern
	}
	if p != nil && !p.Match(n.Name) {
		c.diags.Add(disguised(n.KeyErrorf(patternCode(p), "%q is no name in %s; it takes %s", n.Name, n.Parent.Name, p.Form), n.Name))
		return
	}
	c.diags.Add(disguisedKey(n)...)
}

func (c *conformer) enum(n *ir.Node, t *schema.Type) {
	if len(t.Enum) == 0 || slices.Contains(t.Enum, n.Text) {
		return
	}
	quoted := make([]string, len(t.Enum))
	for i, e := range t.Enum {
		quoted[i] = strconv.Quote(e)
		if n.Kind == schema.Bool {
			quoted[i] = e
		}
	}
	d := n.Errorf(diag.UnknownValue, "%s is %s; it takes %s", name(n), found(n), or(quoted))
	if near := nearest(n.Text, t.Enum); near != "" {
		d = d.WithHint("did you mean %q?", near)
	}
	c.diags.Add(d)
}

func (c *conformer) bounds(n *ir.Node, t *schema.Type) {
	value, err := strconv.ParseFloat(n.Text, 64)
	low, _ := strconv.ParseFloat(t.Min, 64)
	high, _ := strconv.ParseFloat(t.Max, 64)
	if err == nil && (t.Min == "" || value >= low) && (t.Max == "" || value <= high) && fits(n) {
		return
	}
	takes := "at least " + t.Min
	switch {
	case !fits(n) || t.Min == "" && t.Max == "":
		takes = "an integer of 64 bits"
	case t.Min == "":
		takes = "at most " + t.Max
	case t.Max != "":
		takes = t.Min + " to " + t.Max
	}
	c.diags.Add(n.Errorf(diag.OutOfBounds, "%s is %s; it takes %s", name(n), n.Text, takes))
}

// fits reports whether an integer is one that Go, and so Kubernetes, can hold.
func fits(n *ir.Node) bool {
	if n.Kind != schema.Int {
		return true
	}
	_, err := strconv.ParseInt(n.Text, 10, 64)
	return err == nil
}

// oneOf holds a struct to exactly one of its alternatives.
func (c *conformer) oneOf(n *ir.Node, t *schema.Type) {
	var has []*ir.Node
	for _, child := range n.Children {
		if slices.Contains(t.OneOf, child.Name) {
			has = append(has, child)
		}
	}
	for _, alternative := range has {
		if c.left.lacks(n, alternative.Name) {
			c.omit(n)
		}
	}
	switch {
	case len(t.OneOf) == 0 || len(has) == 1:
	case len(has) == 0 && slices.ContainsFunc(n.Children, func(child *ir.Node) bool { return isMeant(child, t, t.OneOf) }):
		c.omit(n)
	case len(has) == 0:
		c.omit(n)
		c.diags.Add(n.KeyErrorf(diag.OneOf, "%s takes one of %s, and has none", name(n), or(t.OneOf)))
	default:
		for _, other := range has[1:] {
			c.omit(other)
		}
		c.diags.Add(has[1].KeyErrorf(diag.OneOf, "%s takes one of %s, not both %s and %s", name(n), or(t.OneOf), has[0].Name, has[1].Name).
			WithRelated(has[0].Key, "%s", has[0].Name))
	}
}

// name is what a message calls a value: its field, or its entry in a map or list.
func name(n *ir.Node) string {
	if n.Parent == nil {
		return "the spec"
	}
	if n.Parent.Kind == schema.List {
		return fmt.Sprintf("element %s of %s", n.Name, n.Parent.Name)
	}
	return n.Name
}

// found is what a message calls the value that stands there.
func found(n *ir.Node) string {
	switch n.Kind {
	case schema.String:
		text := []rune(n.Text)
		if len(text) > 60 {
			text = append(text[:60], '…')
		}
		return strconv.Quote(string(text))
	case schema.Struct, schema.List, schema.Null:
		return n.Kind.String()
	}
	return n.Text
}

// or joins words: a, b or c.
func or(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
