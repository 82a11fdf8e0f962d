package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// First returns the first diagnostics of a list that has more than the limit,
// errors before warnings, and after them one that counts the others and has the
// hint. A limit of 0 is none.
func (l List) First(limit int, hint string) List {
	if limit == 0 || len(l) <= limit {
		return l
	}
	ranked := slices.Clone(l)
	slices.SortStableFunc(ranked, func(a, b Diagnostic) int { return cmp.Compare(rank(a), rank(b)) })
	left := ranked[limit:]
	list := ranked[:limit:limit].Sorted()
	return append(list, Diagnostic{
		Code: MoreMistakes, Severity: left[0].Severity, At: left[0].At, Hint: hint,
		Message: "not listed: " + left.count() + "; this is the first of them",
	})
}

// count returns how many errors and how many others a list has, as "3 errors and
// 1 warning".
func (l List) count() string {
	counts := map[Severity]int{}
	for _, d := range l {
		counts[d.Severity]++
	}
	var parts []string
	for _, s := range []Severity{Error, Warning, Note} {
		switch n := counts[s]; n {
		case 0:
		case 1:
			parts = append(parts, fmt.Sprintf("1 %s", s))
		default:
			parts = append(parts, fmt.Sprintf("%d %ss", n, s))
		}
	}
	return strings.Join(parts, " and ")
}

// rank orders errors before all other diagnostics.
func rank(d Diagnostic) int {
	if d.Severity == Error {
		return 0
	}
	return 1
}
