// Package fields maps the fields of the spec to the fields of objects, and
// back. Each kind of thing has one table, whose rows are read in three ways:
// lowering writes the spec's values into the object, the source map finds the
// place in the spec that a field of an object comes from, and an importer reads
// the object's values back into the spec.
//
// A table has what maps one to one. What belay makes of several fields, or of
// none, is built in package lower.
package fields

import (
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// A Conversion is what values need besides themselves on their way between the
// spec and an object.
type Conversion struct {
	Target *target.Target

	// Image returns the reference that stands for an image on the other side:
	// with its digest in an object, and as the spec writes it in the spec.
	Image func(reference string) string

	Diags diag.List // of values that upstream's types do not accept
}

// A Row maps a field of the spec to a field of an object. S is the part of the
// spec and O the part of the object that the table is about; paths begin there.
type Row[S, O any] struct {
	Spec   string   // "security.user"; "" for the part as a whole
	Object string   // "securityContext.runAsUser"; "[]" marks the elements of a list: "env[]"
	Others []string // other fields of the object that come from the same field

	// write sets the field of the object from the spec's, which is at the node
	// or below it. It is nil if the row before writes both.
	write func(c *Conversion, n *ir.Node, s *S, o *O)

	// read sets the field of the spec from the object's. It is nil if the row
	// before reads both.
	read func(c *Conversion, o *O, s *S)

	// find returns the node that a path below the field of the object comes
	// from. It is nil if the parts have the same names on both sides.
	find func(c *Conversion, n *ir.Node, s *S, path string) *ir.Node

	whole bool             // the field is of a type of Kubernetes' own
	below func() []Mapping // of the tables that the row leads to; nil for none
}

// A Table maps a part of the spec to a part of an object. Rows are written and
// read in their order.
type Table[S, O any] []Row[S, O]

// Write sets the fields of an object from a part of the spec, which is at the
// node.
func (t Table[S, O]) Write(c *Conversion, n *ir.Node, s *S, o *O) {
	for i := range t {
		if t[i].write != nil {
			t[i].write(c, n, s, o)
		}
	}
}

// Read sets the fields of a part of the spec from an object. What has no field
// in the spec is left out, and so are the values that Write gives without a
// field. Whether an object is expressed in full shows when the result is written
// and compared with it.
func (t Table[S, O]) Read(c *Conversion, o *O, s *S) {
	for i := range t {
		if t[i].read != nil {
			t[i].read(c, o, s)
		}
	}
}

// Find returns the node that a field of the object comes from, given the path
// of the field as upstream's validation writes it: the narrowest that the user
// wrote, at n or below it.
func (t Table[S, O]) Find(c *Conversion, n *ir.Node, s *S, path string) *ir.Node {
	row, rest := t.match(path)
	switch {
	case row == nil:
		return n.Find(split(t.common(path))...)
	case row.find != nil:
		return row.find(c, n, s, rest)
	}
	return entry(n.Find(split(row.Spec)...), rest)
}

// match returns the row whose field of the object is the longest beginning of a
// path, and what of the path is left. Without one it returns nil.
func (t Table[S, O]) match(path string) (row *Row[S, O], rest string) {
	longest := -1
	try := func(i int, object string) {
		object = strings.TrimSuffix(object, "[]")
		after, ok := strings.CutPrefix(path, object)
		if ok && len(object) > longest && (object == "" || after == "" || !isNameByte(after[0])) {
			longest, row, rest = len(object), &t[i], after
		}
	}
	for i := range t {
		try(i, t[i].Object)
		for _, other := range t[i].Others {
			try(i, other)
		}
	}
	return row, rest
}

// common returns the longest path in the spec that all rows below a path in the
// object have in common: "security" for "securityContext".
func (t Table[S, O]) common(path string) string {
	var common []string
	first := true
	for _, row := range t {
		if !strings.HasPrefix(row.Object, path+".") {
			continue
		}
		parts := strings.Split(row.Spec, ".")
		if first {
			common, first = parts, false
		}
		for i := range common {
			if i >= len(parts) || parts[i] != common[i] {
				common = common[:i]
				break
			}
		}
	}
	return strings.Join(common, ".")
}

// isNameByte reports whether a byte continues the name of a field. Upstream
// appends text to some: "initial-scale=0 not allowed by cluster".
func isNameByte(b byte) bool {
	return b == '-' || b == '_' || b >= '0' && b <= '9' || b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z'
}

// A Mapping is a pair of paths, where "[]" stands for the key of a map or the
// index of a list.
type Mapping struct {
	Spec, Object string
	Whole        bool // the parts are Kubernetes' own, and have the same names on both sides
}

// Mappings lists all that the table maps, tables that it leads to included.
func (t Table[S, O]) Mappings() (all []Mapping) {
	for _, row := range t {
		all = append(all, Mapping{row.Spec, row.Object, row.whole})
		for _, other := range row.Others {
			spec := row.Spec
			if !strings.HasSuffix(other, "[]") {
				spec = strings.TrimSuffix(spec, "[]")
			}
			all = append(all, Mapping{spec, other, row.whole})
		}
		if row.below != nil {
			all = append(all, row.below()...)
		}
	}
	return all
}

// under lists mappings with paths that begin below other paths. It is a function,
// like concat, because no run needs the list, and all begin with the tables.
func under(spec, object string, mappings func() []Mapping) func() []Mapping {
	return func() (all []Mapping) {
		for _, m := range mappings() {
			all = append(all, Mapping{join(spec, m.Spec), join(object, m.Object), m.Whole})
		}
		return all
	}
}

// concat lists the mappings of several tables.
func concat(tables ...func() []Mapping) func() []Mapping {
	return func() (all []Mapping) {
		for _, mappings := range tables {
			all = append(all, mappings()...)
		}
		return all
	}
}

func join(path, below string) string {
	if path == "" || below == "" {
		return path + below
	}
	return path + "." + below
}

// split returns the parts of a path.
func split(path string) []string {
	return strings.FieldsFunc(path, func(r rune) bool { return r == '.' || r == '[' || r == ']' })
}

// entry returns the deepest node below n that the rest of a path leads to:
// ".example.com/gpu", "[cpu]" or "[1].name". The keys of maps may have dots.
func entry(n *ir.Node, rest string) *ir.Node {
	for rest = strings.TrimLeft(rest, ".[]"); rest != ""; rest = strings.TrimLeft(rest, ".[]") {
		var next *ir.Node
		var after string
		for _, child := range n.Children {
			beyond, ok := strings.CutPrefix(rest, child.Name)
			if ok && (beyond == "" || strings.ContainsAny(beyond[:1], ".[]")) && (next == nil || len(child.Name) > len(next.Name)) {
				next, after = child, beyond
			}
		}
		if next == nil {
			return n
		}
		n, rest = next, after
	}
	return n
}

// element takes a path apart that begins with an index: of "[1].name" it returns
// 1 and "name". All of a list, as "[*]" or without an index, stands for the
// first.
func element(path string) (index int, rest string) {
	after, ok := strings.CutPrefix(path, "[")
	if !ok {
		return 0, strings.TrimPrefix(path, ".")
	}
	number, rest, _ := strings.Cut(after, "]")
	return atoi(number), strings.TrimPrefix(rest, ".")
}
