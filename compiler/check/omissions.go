package check

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// omissions are the values of a tree that have another form than the schema's.
// They are reported, and rules look at the tree without them, so that all other
// mistakes of an app are found in the same run. A rule may then miss what was
// left out; what it finds for that reason alone is a consequence of the mistake
// that is reported, and not reported itself.
type omissions struct {
	nodes  map[*ir.Node]bool
	fields map[string]*places // that values may be missing from, by name
	target []string           // the paths of what is left out of the target

	parent *ir.Node // the map whose path was computed last
	path   string
}

// places are the paths of the maps that a field is in, each once.
type places struct {
	paths []string
	seen  map[string]bool
}

func (p *places) add(path string) {
	if !p.seen[path] {
		p.seen[path] = true
		p.paths = append(p.paths, path)
	}
}

// add leaves a value out. The fields are those that it may have been meant to
// be, or to have.
func (o *omissions) add(n *ir.Node, fields ...string) {
	o.addMeant(n, fields...)
	for n != nil && !fieldNames()[n.Name] {
		n = n.Parent
	}
	if n != nil {
		o.affected(n.Name, n.Parent)
	}
}

// addMeant leaves out a value whose name is not a field, but that is known to
// be meant as one of the fields, so that no other field of the map is affected.
func (o *omissions) addMeant(n *ir.Node, fields ...string) {
	if o.nodes == nil {
		o.nodes = map[*ir.Node]bool{}
	}
	o.nodes[n] = true
	for _, f := range fields {
		o.affected(f, n.Parent)
	}
	o.addBelow(n)
}

// addBelow adds the fields of a value that is left out as a whole.
func (o *omissions) addBelow(n *ir.Node) {
	for _, child := range n.Children {
		if fieldNames()[child.Name] {
			o.affected(child.Name, n)
		}
		o.addBelow(child)
	}
}

// affected notes that a value may be missing from a field of a map.
func (o *omissions) affected(field string, of *ir.Node) {
	if of != o.parent {
		o.parent, o.path = of, ""
		if of != nil && of.Parent != nil {
			o.path = inherited(of.Path())
		}
	}
	o.placesOf(field).add(o.path)
}

func (o *omissions) placesOf(field string) *places {
	if o.fields == nil {
		o.fields = map[string]*places{}
	}
	if o.fields[field] == nil {
		o.fields[field] = &places{seen: map[string]bool{}}
	}
	return o.fields[field]
}

// targetPaths are the paths of the fields in the target that values may be
// missing from.
func (o *omissions) targetPaths() (paths []string) {
	for _, field := range ir.Sorted(o.fields) {
		for _, place := range o.fields[field].paths {
			if path := place + field + "."; strings.HasPrefix(path, rules.WholeTarget) {
				paths = append(paths, path)
			}
		}
	}
	return paths
}

// inherited is a path in which a field of a revision has the path of the app's
// field that it overrides, with a dot at its end.
func inherited(path string) string {
	return revisionPath().ReplaceAllString(path, "$1") + "."
}

var revisionPath = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^(apps\.(?:[^."]+|"[^"]*"))\.revisions\.(?:[^."\[]+|"[^"]*")`)
})

// fieldNames are the names of all fields of the schema, to tell them from keys
// of maps and indexes of lists.
var fieldNames = sync.OnceValue(func() map[string]bool {
	names := map[string]bool{}
	seen := map[*schema.Type]bool{}
	var walk func(t *schema.Type)
	walk = func(t *schema.Type) {
		if t == nil || seen[t] {
			return
		}
		seen[t] = true
		for _, f := range t.Fields {
			names[f.Name] = true
			walk(f.Type)
		}
		walk(t.Values)
		walk(t.Elem)
	}
	walk(schema.Document)
	return names
})

// ownFields are the names of the fields of a type.
func ownFields(t *schema.Type) (names []string) {
	for _, f := range t.Fields {
		names = append(names, f.Name)
	}
	return names
}

// absentFields are the fields of a type that a node lacks: those that a name
// which the type does not have may stand for.
func absentFields(n *ir.Node, t *schema.Type) []string {
	return slices.DeleteFunc(ownFields(t), func(field string) bool { return n.Field(field) != nil })
}

// addFields adds the fields that values are missing from in another tree.
func (o *omissions) addFields(other omissions) {
	for field, p := range other.fields {
		for _, path := range p.paths {
			o.placesOf(field).add(path)
		}
	}
}

// lacks reports whether a field of a map is left out, or is not there.
func (o *omissions) lacks(n *ir.Node, field string) bool {
	f := n.Field(field)
	return f == nil || o.nodes[f]
}

// without returns a tree without the values that are left out. Nodes that stay
// have the parents that they had, and so their paths.
func (o *omissions) without(n *ir.Node) *ir.Node {
	if len(o.nodes) == 0 || len(n.Children) == 0 {
		return n
	}
	out := *n
	out.Children = nil
	for _, child := range n.Children {
		if !o.nodes[child] {
			out.Children = append(out.Children, o.without(child))
		}
	}
	return &out
}

// silence drops the findings that may be consequences of what is left out.
func (o *omissions) silence(found diag.List) diag.List {
	if len(o.fields) == 0 && len(o.target) == 0 {
		return found
	}
	return slices.DeleteFunc(slices.Clone(found), func(d diag.Diagnostic) bool {
		return slices.ContainsFunc(dependsOn[d.Code], func(field string) bool { return o.affects(field, d) })
	})
}

// affects reports whether values may be missing from a field, or from a part of
// the target, that a finding may be a consequence of.
func (o *omissions) affects(field string, d diag.Diagnostic) bool {
	if !strings.HasPrefix(field, rules.WholeTarget) {
		missing := o.fields[field]
		if missing == nil || !local[d.Code] {
			return missing != nil
		}
		at := inherited(d.Path)
		around := at[:strings.LastIndexByte(strings.TrimSuffix(at, "."), '.')+1]
		return slices.ContainsFunc(missing.paths, func(place string) bool {
			return strings.HasPrefix(place, around) || strings.HasPrefix(at, place+field+".")
		})
	}
	part := strings.TrimSuffix(field, ".") + "."
	return slices.ContainsFunc(o.target, func(path string) bool { return strings.HasPrefix(path, part) || strings.HasPrefix(part, path) })
}
