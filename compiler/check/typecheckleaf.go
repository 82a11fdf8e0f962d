package check

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/spelling"
	"github.com/belay-sh/belay/schema"
)

// checkKind reports whether a value is there and of a kind that its type has.
func (c *typechecker) checkKind(n *ir.Node, t *schema.Type) bool {
	if n.Bad != nil {
		c.diags.Add(*n.Bad)
		return false
	}
	if n.Kind&t.Kinds != 0 {
		return true
	}
	d := n.Errorf(diag.WrongType, "%s is %s; it takes %s", n.DisplayName(), n.DisplayValue(), t.Kinds)
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

func (c *typechecker) checkText(n *ir.Node, t *schema.Type) {
	if strings.ContainsRune(n.Text, 0) {
		c.diags.Add(n.Errorf(diag.InvalidValue, "%s has a NUL character", n.DisplayName()))
		return
	}
	switch {
	case t.Pattern != nil && t.Pattern.Code == string(diag.InvalidImage):
		c.diags.Add(checkReference(n)...)
	case t.Pattern != nil && !t.Pattern.Match(n.Text):
		d := n.Errorf(patternCode(t.Pattern), "%s is %s; it takes %s", n.DisplayName(), n.DisplayValue(), t.Pattern.Form)
		c.diags.Add(hintQuantity(disguised(d, n.Text), n, t))
	case len(t.Enum) > 0:
		c.checkEnum(n, t)
	default:
		c.checkDisguise(n, t)
	}
}

func patternCode(p *schema.Pattern) diag.Code {
	if p.Code != "" {
		return diag.Code(p.Code)
	}
	return diag.InvalidValue
}

// checkKey validates the name of a map's entry.
func (c *typechecker) checkKey(n *ir.Node, m *schema.Type) {
	var p *schema.Pattern
	if m.Keys != nil {
		p = m.Keys.Pattern
	}
	if p != nil && !p.Match(n.Name) {
		d := disguised(n.KeyErrorf(patternCode(p), "%q is not a valid name in %s; it takes %s", n.Name, n.Parent.Name, p.Form), n.Name)
		if path := m.Values; path.Name == "RelativePath" && n.Kind == schema.String && p.Match(n.Text) && path.Pattern.Match(n.Name) {
			d = d.WithHint("the two are in reverse order; write %s: %q: %q", n.Parent.Name, n.Text, n.Name)
		}
		c.diags.Add(d)
		return
	}
	c.diags.Add(disguisedKey(n)...)
}

func (c *typechecker) checkEnum(n *ir.Node, t *schema.Type) {
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
	d := n.Errorf(diag.UnknownValue, "%s is %s; it takes %s", n.DisplayName(), n.DisplayValue(), diag.Or(quoted))
	if near := spelling.Nearest(n.Text, t.Enum); near != "" {
		d = d.WithHint("did you mean %q?", near)
	}
	c.diags.Add(d)
}

func (c *typechecker) checkBounds(n *ir.Node, t *schema.Type) {
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
	c.diags.Add(n.Errorf(diag.OutOfBounds, "%s is %s; it takes %s", n.DisplayName(), n.Text, takes))
}

// fits reports whether an integer is one that Go, and so Kubernetes, can hold.
func fits(n *ir.Node) bool {
	if n.Kind != schema.Int {
		return true
	}
	_, err := strconv.ParseInt(n.Text, 10, 64)
	return err == nil
}
