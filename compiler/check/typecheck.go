package check

import (
	"slices"
	"sync"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// A typechecker walks a source tree beside the schema. It looks up every field
// and compares every leaf with its type, which is faster than unifying the spec
// with a closed CUE schema, finds all mistakes, and reports each once.
type typechecker struct {
	target  *target.Target
	diags   diag.List
	omitted omissions // what has another form than the schema's
}

// omit leaves a value out of what rules look at, since it is reported already.
func (c *typechecker) omit(n *ir.Node, fields ...string) { c.omitted.add(n, fields...) }

// checkTopLevel walks the document down to its maps of apps and namespaces,
// whose entries are walked one by one.
func (c *typechecker) checkTopLevel(root *ir.Node) bool {
	if !c.checkKind(root, schema.Document) {
		return false
	}
	for _, n := range root.Children {
		f := schema.Document.Field(n.Name)
		switch {
		case f == nil:
			c.reportUnknown(n, schema.Document)
			c.omitted.addMeant(n, meantFields(n, schema.Document)...)
		case f.Type.Values != nil && !c.checkKind(n, f.Type):
			c.omit(n)
		}
	}
	return true
}

// checkEntry walks an entry of a map.
func (c *typechecker) checkEntry(n *ir.Node, m *schema.Type) {
	before := len(c.diags)
	c.checkKey(n, m)
	if c.diags[before:].HasErrors() {
		c.omit(n)
	}
	c.checkValue(n, m.Values)
}

// checkValue walks a value beside its type.
func (c *typechecker) checkValue(n *ir.Node, t *schema.Type) {
	before := len(c.diags)
	switch {
	case t.Open:
		c.checkOpaque(n, t)
	case !c.checkKind(n, t):
	case n.Kind == schema.Struct:
		c.checkMap(n, t)
		return
	case n.Kind == schema.List:
		c.checkList(n, t)
		return
	case n.Kind == schema.String:
		c.checkText(n, t)
	case n.Kind == schema.Bool:
		c.checkEnum(n, t)
	default:
		c.checkBounds(n, t)
	}
	if c.diags[before:].HasErrors() {
		c.omit(n, ownFields(t)...)
	}
}

// checkOpaque walks a value of a Kubernetes type, of which only the outer kind
// is known here; its fields are checked when it is decoded.
func (c *typechecker) checkOpaque(n *ir.Node, t *schema.Type) {
	if c.checkKind(n, t) {
		c.reportBad(n)
	}
}

// freeText is the type of a text that is not a name.
var freeText = &schema.Type{Kinds: schema.String}

// reportBad reports what has no value somewhere below n, and disguised text.
func (c *typechecker) reportBad(n *ir.Node) {
	if n.Bad != nil {
		c.diags.Add(*n.Bad)
	}
	if n.Kind == schema.String {
		c.checkDisguise(n, freeText)
	}
	for _, child := range n.Children {
		c.reportBad(child)
	}
}

func (c *typechecker) checkMap(n *ir.Node, t *schema.Type) {
	absent := sync.OnceValue(func() []string { return absentFields(n, t) })
	for _, child := range n.Children {
		if f := t.Field(child.Name); f != nil {
			c.checkField(child, f)
			continue
		}
		if t.Values == nil {
			c.reportUnknown(child, t)
			if fields := meantFields(child, t); len(fields) > 0 {
				c.omitted.addMeant(child, fields...)
			} else {
				c.omit(child, absent()...)
			}
			continue
		}
		c.checkEntry(child, t)
	}
	for _, f := range t.Fields {
		if f.Required && c.omitted.lacks(n, f.Name) {
			c.omit(n)
		}
		misspelt := func(child *ir.Node) bool { return isMeant(child, t, []string{f.Name}) }
		if f.Required && n.Field(f.Name) == nil && !slices.ContainsFunc(n.Children, misspelt) {
			c.diags.Add(n.KeyErrorf(diag.MissingField, "%s lacks the field %s", n.DisplayName(), f.Name))
		}
	}
	c.checkOneOf(n, t)
}

// checkField walks a named field, and reports it if the target does not have
// it.
func (c *typechecker) checkField(n *ir.Node, f *schema.Field) {
	before := len(c.diags)
	c.checkValue(n, f.Type)
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
		c.diags.Add(rules.RequireFlag(c.target, n, f.Flag)...)
	}
}

func (c *typechecker) checkList(n *ir.Node, t *schema.Type) {
	if len(n.Children) < t.MinLen {
		c.diags.Add(n.Errorf(diag.OutOfBounds, "%s is empty; it takes at least %d", n.DisplayName(), t.MinLen))
		c.omit(n)
	}
	for _, e := range n.Children {
		c.checkValue(e, t.Elem)
	}
}

// checkOneOf reports a map that does not have exactly one of its alternatives.
func (c *typechecker) checkOneOf(n *ir.Node, t *schema.Type) {
	var has []*ir.Node
	for _, child := range n.Children {
		if slices.Contains(t.OneOf, child.Name) {
			has = append(has, child)
		}
	}
	for _, alternative := range has {
		if c.omitted.lacks(n, alternative.Name) {
			c.omit(n)
		}
	}
	switch {
	case len(t.OneOf) == 0 || len(has) == 1:
	case len(has) == 0 && slices.ContainsFunc(n.Children, func(child *ir.Node) bool { return isMeant(child, t, t.OneOf) }):
		c.omit(n)
	case len(has) == 0:
		c.omit(n)
		c.diags.Add(n.KeyErrorf(diag.OneOf, "%s takes one of %s, and has none", n.DisplayName(), diag.Or(t.OneOf)))
	default:
		for _, other := range has[1:] {
			c.omit(other)
		}
		c.diags.Add(has[1].KeyErrorf(diag.OneOf, "%s takes one of %s, not both %s and %s", n.DisplayName(), diag.Or(t.OneOf), has[0].Name, has[1].Name).
			WithRelated(has[0].Key, "%s", has[0].Name))
	}
}
