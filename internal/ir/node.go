// Package ir holds the values that flow between the stages: the source tree
// of a spec, its checked and pinned apps, and the objects of a bundle. It has
// no behaviour beyond lookup, order and merge, and knows neither CUE nor
// Kubernetes.
package ir

import (
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/schema"
)

// Node is a value of a spec and the place it was written at: a JSON value
// with positions, whichever language it came from.
type Node struct {
	Parent *Node
	Name   string     // the field name, or the index in a list; "" at the root
	Key    diag.Range // the field's name, where it is written last; for list elements the same as At
	At     diag.Range // the value
	Kind   schema.Kind
	Text   string // String: the text. Bool and numbers: the JSON literal.

	// Children are the fields of a Struct or the elements of a List, in source order.
	Children []*Node

	// Bad says why there is no value here; Kind is then 0.
	Bad *diag.Diagnostic
}

// Add appends a child.
func (n *Node) Add(child *Node) {
	child.Parent = n
	n.Children = append(n.Children, child)
}

// Field returns the field of that name, or nil. A nil node has no fields.
func (n *Node) Field(name string) *Node {
	if n == nil || n.Kind != schema.Struct {
		return nil
	}
	for _, c := range n.Children {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// Fields returns the fields of a struct, and nothing for any other value. A nil
// node has no fields.
func (n *Node) Fields() []*Node {
	if n == nil || n.Kind != schema.Struct {
		return nil
	}
	return n.Children
}

// Elements returns the elements of a list, and nothing for any other value. A
// nil node has no elements.
func (n *Node) Elements() []*Node {
	if n == nil || n.Kind != schema.List {
		return nil
	}
	return n.Children
}

// Find returns the node at a path below n, or the deepest node above it that
// exists: the place to complain at.
func (n *Node) Find(path ...string) *Node {
	for _, name := range path {
		var next *Node
		if i, err := strconv.Atoi(name); err == nil && n.Kind == schema.List && i < len(n.Children) {
			next = n.Children[i]
		} else if next = n.Field(name); next == nil {
			return n
		}
		n = next
	}
	return n
}

// Root is the whole spec that the node is in.
func (n *Node) Root() *Node {
	for n.Parent != nil {
		n = n.Parent
	}
	return n
}

// Path is the place of the node in the spec, as CUE writes it: apps.web.args[0].
func (n *Node) Path() string {
	if n.Parent == nil {
		return ""
	}
	parent := n.Parent.Path()
	if n.Parent.Kind == schema.List {
		return parent + "[" + n.Name + "]"
	}
	name := n.Name
	if !isIdentifier(name) {
		name = strconv.Quote(name)
	}
	if parent == "" {
		return name
	}
	return parent + "." + name
}

func isIdentifier(s string) bool {
	for i, r := range s {
		letter := r == '_' || r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z'
		if !letter && (i == 0 || r < '0' || r > '9') {
			return false
		}
	}
	return s != ""
}

// Errorf is an error at the node's value.
func (n *Node) Errorf(code diag.Code, format string, args ...any) diag.Diagnostic {
	return diag.Diagnostic{
		Code: code, Severity: diag.Error, Message: shorten(fmt.Sprintf(format, args...)),
		At: n.At, Path: n.Path(),
	}
}

// shorten cuts what a message quotes to a length that can be read.
func shorten(message string) string {
	const longest = 2000
	if len(message) <= longest {
		return message
	}
	return strings.ToValidUTF8(message[:longest/2]+" … "+message[len(message)-longest/2:], "")
}

// KeyErrorf is an error at the node's name: about a field as such, or about
// what its value lacks. A list element has no name; its value stands in.
func (n *Node) KeyErrorf(code diag.Code, format string, args ...any) diag.Diagnostic {
	d := n.Errorf(code, format, args...)
	if !n.Key.IsZero() {
		d.At = n.Key
	}
	return d
}

// DisplayName returns what a message calls the value: its field, or its entry in
// a map or list.
func (n *Node) DisplayName() string {
	if n.Parent == nil {
		return "the spec"
	}
	if n.Parent.Kind == schema.List {
		return fmt.Sprintf("element %s of %s", n.Name, n.Parent.Name)
	}
	return n.Name
}

// DisplayValue returns what a message prints for the value: its text, cut to a
// length that can be read, or its kind.
func (n *Node) DisplayValue() string {
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

// CheckKind reports a value that is not of a kind, at the value. file names the
// value that has no name, which is a whole file.
func (n *Node) CheckKind(kind schema.Kind, code diag.Code, file string) diag.List {
	if n.Kind == kind {
		return nil
	}
	name := n.Name
	if name == "" {
		name = file
	}
	return diag.List{n.Errorf(code, "%s is %s; it takes %s", name, n.Kind, kind)}
}

// Warnf is a warning at the node's value.
func (n *Node) Warnf(code diag.Code, format string, args ...any) diag.Diagnostic {
	return n.Errorf(code, format, args...).AsWarning()
}

// Override returns n, of type t, with the fields of over on top: structs and
// maps merge by field, lists and scalars are replaced. So are values that
// Kubernetes defines, and a struct in which over picks another alternative: a
// variable from a Secret does not merge with one from a ConfigMap. Nodes keep
// their own place and parent, so that a message about an inherited value
// points to where it is written.
func (n *Node) Override(over *Node, t *schema.Type) *Node {
	if over == nil {
		return n
	}
	if n == nil || n.Kind != schema.Struct || over.Kind != schema.Struct || t.Open || t.Whole || n.alternative(t) != over.alternative(t) && over.alternative(t) != "" {
		return over
	}
	merged := *over
	merged.Children = make([]*Node, 0, len(n.Children)+len(over.Children))
	own, overriding := NewFinder(n), NewFinder(over)
	for _, c := range n.Children {
		merged.Children = append(merged.Children, c.Override(overriding.Field(c.Name), t.At(c.Name)))
	}
	for _, c := range over.Children {
		if own.Field(c.Name) == nil {
			merged.Children = append(merged.Children, c)
		}
	}
	return &merged
}

// alternative is the field of t.OneOf that n has, or "".
func (n *Node) alternative(t *schema.Type) string {
	for _, name := range t.OneOf {
		if n.Field(name) != nil {
			return name
		}
	}
	return ""
}

// Without returns the struct n less the named fields.
func (n *Node) Without(names ...string) *Node {
	out := *n
	out.Children = slices.DeleteFunc(slices.Clone(n.Children), func(c *Node) bool {
		return slices.Contains(names, c.Name)
	})
	return &out
}

// MarshalJSON is the value without its places.
func (n *Node) MarshalJSON() ([]byte, error) { return n.appendJSON(nil), nil }

func (n *Node) appendJSON(b []byte) []byte {
	switch n.Kind {
	case schema.Null, 0:
		return append(b, "null"...)
	case schema.String:
		return appendString(b, n.Text)
	case schema.Struct, schema.List:
		return n.appendChildren(b)
	}
	return append(b, n.Text...)
}

func (n *Node) appendChildren(b []byte) []byte {
	brackets := "[]"
	if n.Kind == schema.Struct {
		brackets = "{}"
	}
	b = append(b, brackets[0])
	for i, c := range n.Children {
		if i > 0 {
			b = append(b, ',')
		}
		if n.Kind == schema.Struct {
			b = append(appendString(b, c.Name), ':')
		}
		b = c.appendJSON(b)
	}
	return append(b, brackets[1])
}

func appendString(b []byte, s string) []byte {
	text, err := json.Marshal(s)
	if err != nil {
		panic("belay internal: a string that is not JSON: " + err.Error())
	}
	return append(b, text...)
}

// Sorted returns the keys of a map in order. Nothing in the pipeline walks a
// map otherwise.
func Sorted[V any](m map[string]V) []string {
	return slices.Sorted(maps.Keys(m))
}
