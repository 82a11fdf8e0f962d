package ir

import "github.com/belay-sh/belay/schema"

// fewFields is how many fields a scan finds faster than a map.
const fewFields = 16

// A Finder finds the fields of a struct by name, in time that does not grow
// with their number. It is for code that looks up each field of a large struct,
// or adds to one: Node.Field scans.
type Finder struct {
	node   *Node
	byName map[string]*Node // of the first children, as many as were indexed
	until  int
}

// NewFinder returns a finder of the node's fields. Fields that are added to the
// node afterwards are found as well.
func NewFinder(n *Node) *Finder { return &Finder{node: n} }

// Field returns the field of that name, or nil.
func (f *Finder) Field(name string) *Node {
	if f.node == nil || f.node.Kind != schema.Struct || len(f.node.Children) <= fewFields {
		return f.node.Field(name)
	}
	if f.byName == nil {
		f.byName = make(map[string]*Node, len(f.node.Children))
	}
	for ; f.until < len(f.node.Children); f.until++ {
		if c := f.node.Children[f.until]; f.byName[c.Name] == nil {
			f.byName[c.Name] = c
		}
	}
	return f.byName[name]
}
