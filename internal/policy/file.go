package policy

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Decode reads a policy from the source tree of its file. The name is the one
// that messages have. A policy with errors is not to be used.
func Decode(name string, root *ir.Node) (*Policy, diag.List) {
	r := &reader{policy: &Policy{Name: name, tenant: true}}
	if !r.is(root, schema.Struct) {
		return r.policy, r.diags
	}
	for _, n := range root.Children {
		if read := fields[n.Name]; read != nil {
			read(r, n)
		} else {
			r.diags.Add(n.KeyErrorf(diag.InvalidPolicy, "a policy has no field %s; it has %s", n.Name, strings.Join(ir.Sorted(fields), ", ")))
		}
	}
	return r.policy, r.diags
}

// fields are the fields of a policy's file.
var fields map[string]func(*reader, *ir.Node)

func init() {
	fields = map[string]func(*reader, *ir.Node){
		"base":            (*reader).base,
		"namespaces":      func(r *reader, n *ir.Node) { r.list(n, &r.policy.namespaces) },
		"domains":         func(r *reader, n *ir.Node) { r.list(n, &r.policy.domains) },
		"images":          func(r *reader, n *ir.Node) { r.list(n, &r.policy.images) },
		"serviceAccounts": func(r *reader, n *ir.Node) { r.list(n, &r.policy.serviceAccounts) },
		"secrets":         func(r *reader, n *ir.Node) { r.list(n, &r.policy.secrets) },
		"allow":           func(r *reader, n *ir.Node) { r.rules(n, &r.policy.allow) },
		"deny":            func(r *reader, n *ir.Node) { r.rules(n, &r.policy.deny) },
		"target":          (*reader).target,
	}
}

type reader struct {
	policy *Policy
	diags  diag.List
}

func (r *reader) is(n *ir.Node, kind schema.Kind) bool {
	found := n.CheckKind(kind, diag.InvalidPolicy, "the policy")
	r.diags.Add(found...)
	return len(found) == 0
}

func (r *reader) base(n *ir.Node) {
	switch {
	case !r.is(n, schema.String):
	case !slices.Contains([]string{Own, Tenant}, n.Text):
		r.diags.Add(n.Errorf(diag.InvalidPolicy, "base is %q; it takes own or tenant", n.Text))
	default:
		r.policy.tenant = n.Text == Tenant
	}
}

// texts are the elements of a list of texts.
func (r *reader) texts(n *ir.Node) (texts []*ir.Node) {
	if !r.is(n, schema.List) {
		return nil
	}
	for _, e := range n.Children {
		switch {
		case e.Kind != schema.String:
			r.diags.Add(e.Errorf(diag.InvalidPolicy, "an element of %s is %s; it takes a string", n.Name, e.Kind))
		case e.Text == "":
			r.diags.Add(e.Errorf(diag.InvalidPolicy, "an element of %s is empty", n.Name))
		default:
			texts = append(texts, e)
		}
	}
	return texts
}

func (r *reader) list(n *ir.Node, into *list) {
	*into = list{name: n.Name, given: true}
	for _, e := range r.texts(n) {
		into.patterns = append(into.patterns, e.Text)
	}
}

// rules reads paths of a spec. One that leads to no field of a spec is a
// mistake: it would permit or deny nothing.
func (r *reader) rules(n *ir.Node, into *[]rule) {
	for _, e := range r.texts(n) {
		read, err := newRule(e.Text, "")
		switch {
		case err != nil:
			r.diags.Add(e.Errorf(diag.InvalidPolicy, "%q is not the path of a field: %v; a path is like apps.*.patches", e.Text, err))
		case !exists(schema.Document, read.path):
			r.diags.Add(e.Errorf(diag.InvalidPolicy, "a spec has no field %s", e.Text).
				WithHint("the fields are listed by: belay explain; '*' is one name, as in apps.*.patches"))
		default:
			*into = append(*into, read)
		}
	}
}

// exists reports whether a path leads to a value that a spec may have.
func exists(t *schema.Type, path []string) bool { return existsWithin(t, path, 0) }

func existsWithin(t *schema.Type, path []string, depth int) bool {
	switch {
	case t == nil || depth > 12:
		return false
	case len(path) == 0 || t.Open:
		return true
	case path[0] == "**":
		return existsWithin(t, path[1:], depth) || existsBelow(t, path, depth)
	case path[0] == "*":
		return existsBelow(t, path[1:], depth)
	}
	if f := t.Field(path[0]); f != nil {
		return existsWithin(f.Type, path[1:], depth+1)
	}
	return existsWithin(t.Values, path[1:], depth+1)
}

// existsBelow reports whether a path exists in one of the values of a type.
func existsBelow(t *schema.Type, path []string, depth int) bool {
	for _, f := range t.Fields {
		if existsWithin(f.Type, path, depth+1) {
			return true
		}
	}
	return existsWithin(t.Values, path, depth+1) || existsWithin(t.Elem, path, depth+1)
}

func (r *reader) target(n *ir.Node) {
	if r.is(n, schema.Struct) {
		r.policy.Target = n
	}
}
