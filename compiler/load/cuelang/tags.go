package cuelang

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"

	"github.com/belay-sh/belay/compiler/load"
)

// Tags are the names of the @tag attributes in the unit's own files, sorted.
func (Language) Tags(of *load.Unit) (names []string) {
	files, _ := unit{of}.readPackage() // what does not parse has no tags
	for _, f := range files {
		ast.Walk(f, func(n ast.Node) bool {
			if a, ok := n.(*ast.Attribute); ok {
				if name, body := a.Split(); name == "tag" {
					tag, _, _ := strings.Cut(body, ",")
					names = append(names, strings.TrimSpace(tag))
				}
			}
			return true
		}, nil)
	}
	slices.Sort(names)
	return slices.Compact(names)
}
