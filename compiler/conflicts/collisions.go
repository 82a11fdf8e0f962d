package conflicts

import (
	"cmp"
	"slices"

	"github.com/belay-sh/belay/internal/diag"
)

// Check reports the names and hosts that are taken twice in a run: at the
// one written last, with the other as related; and service accounts by which
// callers would not be who is meant.
func Check(claims []ReservedName) (diags diag.List) {
	diags = append(checkIdentities(claims), checkInjection(claims)...)
	claims = slices.DeleteFunc(slices.Clone(claims), func(c ReservedName) bool { return c.identity != noIdentity })
	slices.SortStableFunc(claims, func(a, b ReservedName) int {
		return cmp.Or(
			cmp.Compare(a.Namespace, b.Namespace),
			cmp.Compare(a.Name, b.Name),
			a.At.Compare(b.At))
	})
	for i := 0; i < len(claims); {
		first := claims[i]
		end := i + 1
		for end < len(claims) && claims[end].Namespace == first.Namespace && claims[end].Name == first.Name {
			end++
		}
		if first.Namespace == "" {
			diags.Add(checkHosts(claims[i:end])...)
		} else {
			for j := i + 1; j < end; j++ {
				diags.Add(nameCollision(claims[j-1], claims[j]))
			}
		}
		i = end
	}
	diags.Add(checkRevisionNumbers(claims)...)
	return append(diags, checkActivatorOverlaps(claims)...)
}

func nameCollision(first, second ReservedName) diag.Diagnostic {
	d := diag.Diagnostic{Code: diag.NameCollision, Severity: diag.Error, At: second.At, Path: second.Path}
	switch {
	case first.isApp && second.isApp:
		d.Code = diag.DuplicateName
		d.Message = "two apps are called " + second.Name + " in namespace " + second.Namespace
	default:
		d.Message = second.What + " takes the name " + second.Name + " in namespace " + second.Namespace + ", and so does " + first.What
	}
	return d.WithRelated(first.At, "%s", first.What)
}
