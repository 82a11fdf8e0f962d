package patch

import (
	"strconv"
	"strings"

	"github.com/go-json-experiment/json/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// sourceOf returns the place in a patch that a field of the patched object comes
// from: the narrowest that the user wrote, or the patch.
func sourceOf(n *ir.Node, p schema.Patch, path string) *ir.Node {
	path = strings.ReplaceAll(strings.ReplaceAll(path, "[", "."), "]", "")
	if path == "" {
		return n
	}
	if p.JSON == nil {
		return within(n.Field("merge"), path)
	}
	var ops []struct{ Path string }
	if err := json.Unmarshal(p.JSON, &ops); err != nil {
		return n
	}
	best, longest := n, 0
	for i, op := range ops {
		target := strings.TrimPrefix(pointerPath(op.Path), ".")
		rest, ok := strings.CutPrefix(path, target)
		at := n.Find("json").Find(strconv.Itoa(i))
		switch {
		case len(target) <= longest:
		case ok && (rest == "" || rest[0] == '.'):
			longest = len(target)
			best = at.Field("path")
			if value := at.Field("value"); value != nil {
				best = within(value, strings.TrimPrefix(rest, "."))
			}
		case strings.HasPrefix(target, path+"."):
			longest, best = len(path), at.Field("path")
		}
	}
	return best
}

// pointerPath is a JSON pointer as a path: ".spec.template". The end of a list
// means the list.
func pointerPath(pointer string) string {
	unescape := strings.NewReplacer("~1", "/", "~0", "~")
	var b strings.Builder
	for _, token := range strings.Split(strings.TrimPrefix(pointer, "/"), "/") {
		if token != "-" {
			b.WriteString("." + unescape.Replace(token))
		}
	}
	return b.String()
}

// within is the deepest node below n that a path leads to. The keys of maps
// may have dots. A merge patch has elements of lists at other places than the
// object, so that only the one element of a list is certain.
func within(n *ir.Node, path string) *ir.Node {
	for n.Kind == schema.List && len(n.Children) == 1 && path != "" {
		_, path, _ = strings.Cut(path, ".")
		n = n.Children[0]
	}
	for _, child := range n.Children {
		rest, ok := strings.CutPrefix(path, child.Name)
		if n.Kind == schema.Struct && ok && (rest == "" || rest[0] == '.') {
			return within(child, strings.TrimPrefix(rest, "."))
		}
	}
	return n
}
