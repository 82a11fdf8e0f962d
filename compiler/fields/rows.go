package fields

import (
	"strconv"

	"github.com/go-json-experiment/json/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// same maps a field to one of the same type.
func same[S, O, V any](spec, object string, from func(*S) *V, to func(*O) *V) Row[S, O] {
	return Row[S, O]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *S, o *O) { *to(o) = *from(s) },
		read:  func(_ *Conversion, o *O, s *S) { *from(s) = *to(o) },
	}
}

// text maps a string to one of another string type.
func text[S, O any, V ~string](spec, object string, from func(*S) *string, to func(*O) *V) Row[S, O] {
	return Row[S, O]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *S, o *O) { *to(o) = V(*from(s)) },
		read:  func(_ *Conversion, o *O, s *S) { *from(s) = string(*to(o)) },
	}
}

// set maps a field that is a pointer to a value that is not: nil stands for the
// zero value.
func set[S, O any, V comparable](spec, object string, from func(*S) **V, to func(*O) *V) Row[S, O] {
	return Row[S, O]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *S, o *O) {
			if p := *from(s); p != nil {
				*to(o) = *p
			}
		},
		read: func(_ *Conversion, o *O, s *S) { *from(s) = pointer(*to(o)) },
	}
}

// optional maps a field to a pointer: the zero value stands for nil.
func optional[S, O any, V comparable](spec, object string, from func(*S) *V, to func(*O) **V) Row[S, O] {
	return Row[S, O]{
		Spec: spec, Object: object,
		write: func(_ *Conversion, _ *ir.Node, s *S, o *O) { *to(o) = pointer(*from(s)) },
		read: func(_ *Conversion, o *O, s *S) {
			if p := *to(o); p != nil {
				*from(s) = *p
			}
		},
	}
}

// pointer returns a pointer to a value, or nil if it is the zero value.
func pointer[V comparable](value V) *V {
	if value == *new(V) {
		return nil
	}
	return &value
}

// kubernetes maps a field whose type is Kubernetes' own.
func kubernetes[S, O, V any](spec, object string, from func(*S) *json.RawMessage, to func(*O) *V) Row[S, O] {
	return Row[S, O]{
		Spec: spec, Object: object, whole: true,
		write: func(c *Conversion, n *ir.Node, s *S, o *O) {
			if *from(s) != nil {
				c.decode(n.Find(split(spec)...), *from(s), to(o))
			}
		},
		read: func(_ *Conversion, o *O, s *S) { *from(s) = encode(to(o)) },
	}
}

// decode decodes a value of a type of Kubernetes' own, which is at the node.
func (c *Conversion) decode(n *ir.Node, data []byte, into any) {
	if err := admission.DecodeStrict(data, into); err != nil {
		c.Diags.Add(n.KeyErrorf(diag.InvalidValue, "%s is not what Kubernetes takes: %v", n.Name, err))
	}
}

// encode returns the JSON of a value of a type of Kubernetes' own; nil for none.
func encode(value any) json.RawMessage {
	data, err := json.Marshal(value)
	if err != nil {
		panic("belay internal: " + err.Error())
	}
	if string(data) == "null" {
		return nil
	}
	return data
}

// with maps a field that the row before writes and reads with its own.
func with[S, O any](spec, object string, others ...string) Row[S, O] {
	return Row[S, O]{Spec: spec, Object: object, Others: others}
}

// atoi returns a number, or 0 for what is not one.
func atoi(text string) int {
	n, err := strconv.Atoi(text)
	if err != nil {
		return 0
	}
	return n
}

// keyed maps a map of the spec to a list of the object, whose elements have
// the keys as names and are in the order that keys returns.
func keyed[S, O, V, E any](spec, object string, from func(*S) *map[string]V, keys func(map[string]V) []string, to func(*O) *[]E, name func(*E) *string, table Table[V, E]) Row[S, O] {
	return Row[S, O]{
		Spec: spec + "[]", Object: object + "[]",
		write: func(c *Conversion, n *ir.Node, s *S, o *O) {
			values, list := *from(s), to(o)
			for _, key := range keys(values) {
				var e E
				value := values[key]
				*name(&e) = key
				table.Write(c, n, &value, &e)
				*list = append(*list, e)
			}
		},
		read: func(c *Conversion, o *O, s *S) {
			list, values := *to(o), from(s)
			for i := range list {
				var value V
				table.Read(c, &list[i], &value)
				if *values == nil {
					*values = map[string]V{}
				}
				(*values)[*name(&list[i])] = value
			}
		},
		find: func(c *Conversion, n *ir.Node, s *S, path string) *ir.Node {
			n = n.Find(split(spec)...)
			values := *from(s)
			names := keys(values)
			index, rest := element(path)
			if path == "" || index >= len(names) {
				return n
			}
			value := values[names[index]]
			return table.Find(c, n.Find(names[index]), &value, rest)
		},
		below: under(spec+"[]", object+"[]", table.Mappings),
	}
}

// A list gives access to a list of the object, whose elements are values or
// pointers.
type list[O, E any] struct {
	add func(*O, *E)
	all func(*O) []*E
}

// valuesOf returns the access to a list of values.
func valuesOf[O, E any](of func(*O) *[]E) list[O, E] {
	return list[O, E]{
		add: func(o *O, e *E) { *of(o) = append(*of(o), *e) },
		all: func(o *O) (all []*E) {
			for i := range *of(o) {
				all = append(all, &(*of(o))[i])
			}
			return all
		},
	}
}

// pointersOf returns the access to a list of pointers.
func pointersOf[O, E any](of func(*O) *[]*E) list[O, E] {
	return list[O, E]{
		add: func(o *O, e *E) { *of(o) = append(*of(o), e) },
		all: func(o *O) []*E { return *of(o) },
	}
}

// listed maps a list of the spec to a list of the object.
func listed[S, O, V, E any](spec, object string, from func(*S) *[]V, to list[O, E], table Table[V, E]) Row[S, O] {
	return Row[S, O]{
		Spec: spec + "[]", Object: object + "[]",
		write: func(c *Conversion, n *ir.Node, s *S, o *O) {
			values := *from(s)
			for i := range values {
				e := new(E)
				table.Write(c, n, &values[i], e)
				to.add(o, e)
			}
		},
		read: func(c *Conversion, o *O, s *S) {
			for _, e := range to.all(o) {
				var value V
				table.Read(c, e, &value)
				*from(s) = append(*from(s), value)
			}
		},
		find: func(c *Conversion, n *ir.Node, s *S, path string) *ir.Node {
			n = n.Find(split(spec)...)
			values := *from(s)
			index, rest := element(path)
			if path == "" || index >= len(values) {
				return n
			}
			return table.Find(c, n.Find(strconv.Itoa(index)), &values[index], rest)
		},
		below: under(spec+"[]", object+"[]", table.Mappings),
	}
}

// whole returns the table of a value that is one on both sides, as an element of
// a map or a list.
func whole[V, E any](object string, to func(*E) *V) Table[V, E] {
	return Table[V, E]{same("", object, func(v *V) *V { return v }, to)}
}
