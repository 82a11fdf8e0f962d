package policy

import (
	"fmt"
	"strings"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// A rule is about the values of a spec at some paths. An element of a path is a
// name, "*" for any one name, or "**" for any number of them.
type rule struct {
	text string // as it is written
	path []string
	why  string // of a denial
}

// newRule reads a path: names separated by dots, in quotes where they have dots
// themselves.
func newRule(text, why string) (rule, error) {
	r := rule{text: text, why: why}
	rest := text
	for {
		name := ""
		if strings.HasPrefix(rest, `"`) {
			end := strings.IndexByte(rest[1:], '"')
			if end < 0 {
				return r, fmt.Errorf("a quote is not closed")
			}
			name, rest = rest[1:end+1], rest[end+2:]
			if rest != "" && rest[0] != '.' {
				return r, fmt.Errorf("a quoted name is followed by %q", rest)
			}
		} else {
			end := strings.IndexByte(rest+".", '.')
			name, rest = rest[:end], rest[end:]
		}
		if name == "" {
			return r, fmt.Errorf("a name is missing")
		}
		r.path = append(r.path, name)
		if rest == "" {
			return r, nil
		}
		rest = rest[1:]
	}
}

// mustRule is a rule of belay's own.
func mustRule(text, why string) rule {
	r, err := newRule(text, why)
	if err != nil {
		panic("belay internal: the path " + text + ": " + err.Error())
	}
	return r
}

// find returns the nodes below n that a path leads to.
func find(n *ir.Node, path ...string) (found []*ir.Node) {
	if n == nil {
		return nil
	}
	if len(path) == 0 {
		return []*ir.Node{n}
	}
	switch name, rest := path[0], path[1:]; name {
	case "**":
		found = find(n, rest...)
		for _, c := range n.Children {
			found = append(found, find(c, path...)...)
		}
	case "*":
		for _, c := range n.Children {
			found = append(found, find(c, rest...)...)
		}
	default:
		if n.Kind == schema.Struct {
			return find(n.Field(name), rest...)
		}
	}
	return found
}

// covers reports whether a rule is about a node, or about one that it is in.
func (r rule) covers(n *ir.Node) bool {
	var names []string
	for ; n.Parent != nil; n = n.Parent {
		names = append([]string{n.Name}, names...)
	}
	for i := len(names); i > 0; i-- {
		if leads(r.path, names[:i]) {
			return true
		}
	}
	return false
}

// leads reports whether a path leads to the value with these names.
func leads(path, names []string) bool {
	switch {
	case len(path) == 0:
		return len(names) == 0
	case path[0] == "**":
		return leads(path[1:], names) || len(names) > 0 && leads(path, names[1:])
	}
	return len(names) > 0 && (path[0] == "*" || path[0] == names[0]) && leads(path[1:], names[1:])
}
