package conflicts

import (
	"cmp"
	"slices"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A Singleton is a thing that the bundle has once, however many specs of a run
// declare it: a namespace, say. Packages that share a file declare it alike.
type Singleton struct {
	What  string // "namespace web"
	At    diag.Range
	Path  string
	value string
}

// Singletons are the things of a spec that the bundle has once.
func Singletons(root *ir.Node) (shared []Singleton) {
	share := func(what string, at *ir.Node, from ...*ir.Node) {
		s := Singleton{What: what, At: at.Key, Path: at.Path()}
		for _, n := range from {
			value, _ := n.MarshalJSON() // never fails
			s.value += string(value) + "\n"
		}
		shared = append(shared, s)
	}
	for _, n := range root.Field("namespaces").Fields() {
		share("namespace "+n.Name, n, n)
	}
	if n := root.Field("argocd"); n != nil {
		share("argocd", n, n)
	}
	if n, t := root.Field("platform"), root.Field("target"); n != nil && t != nil {
		share("platform", n, n, t)
	} else if n != nil {
		share("platform", n, n)
	}
	return shared
}

// CheckSingletons reports things that specs of a run declare differently: at
// the one written last, with the other as related.
func CheckSingletons(shared []Singleton) (diags diag.List) {
	slices.SortStableFunc(shared, func(a, b Singleton) int {
		return cmp.Or(cmp.Compare(a.What, b.What), a.At.Compare(b.At))
	})
	for i := 1; i < len(shared); i++ {
		first, second := shared[i-1], shared[i]
		if first.What == second.What && first.value != second.value {
			diags.Add(diag.Diagnostic{
				Code: diag.ConflictingSpecs, Severity: diag.Error, At: second.At, Path: second.Path,
				Message: "two specs of this run declare " + second.What + ", and not alike; the bundle has it once",
			}.WithRelated(first.At, "the other"))
		}
	}
	return diags
}
