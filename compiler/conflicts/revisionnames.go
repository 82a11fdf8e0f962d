package conflicts

import (
	"cmp"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
)

// checkRevisionNumbers reports names that Knative gives to the revisions of a
// Configuration: its own and a number of five digits, and the same with
// "-private" behind it
// (knative.dev/serving/pkg/reconciler/revision/resources/names).
func checkRevisionNumbers(claims []ReservedName) (diags diag.List) {
	configurations := map[string]ReservedName{}
	for _, c := range claims {
		if c.isConfiguration {
			configurations[c.Namespace+"/"+c.Name] = c
		}
	}
	for _, c := range claims {
		of, ok := configurations[c.Namespace+"/"+configurationOf(c.Name)]
		if !ok || c.Namespace == "" {
			continue
		}
		of.What, of.isApp = "a revision that Knative makes for "+of.What, false
		if of.At.Compare(c.At) > 0 {
			c, of = of, c
			c.Name = of.Name
		}
		diags.Add(nameCollision(of, c))
	}
	return diags
}

// configurationOf is the name of the Configuration that a name is numbered
// after, or "".
func configurationOf(name string) string {
	name = strings.TrimSuffix(name, "-private")
	at := len(name) - rules.NumberSuffix
	if at <= 0 || name[at] != '-' || strings.Trim(name[at+1:], "0123456789") != "" {
		return ""
	}
	return name[:at]
}

// checkActivatorOverlaps reports apps whose revisions Knative's activator
// cannot distinguish from those of an app with callers: the name of a revision
// is that of its Configuration and a number, and a policy can match only the
// beginning of a name.
func checkActivatorOverlaps(claims []ReservedName) (diags diag.List) {
	var own []ReservedName
	for _, c := range claims {
		if c.isApp {
			own = append(own, c)
		}
	}
	slices.SortStableFunc(own, func(a, b ReservedName) int { return cmp.Compare(a.Name, b.Name) })
	for _, g := range claims {
		if !g.hasCallers {
			continue
		}
		prefix := g.Name + "-"
		i, _ := slices.BinarySearchFunc(own, prefix, func(c ReservedName, name string) int { return cmp.Compare(c.Name, name) })
		for ; i < len(own) && strings.HasPrefix(own[i].Name, prefix); i++ {
			if own[i].Namespace != g.Namespace {
				continue // the policy at the activator matches the namespace as well
			}
			if digit := own[i].Name[len(prefix):]; digit != "" && digit[0] >= '0' && digit[0] <= '9' {
				diags.Add(overlap(g, own[i]))
			}
		}
	}
	return diags
}

func overlap(guarded, other ReservedName) diag.Diagnostic {
	first, last := guarded, other
	if first.At.Compare(last.At) > 0 {
		first, last = last, first
	}
	d := diag.Diagnostic{Code: diag.CallerOverlap, Severity: diag.Error, At: last.At, Path: last.Path}
	d.Message = "the callers of " + guarded.What + " would be held to " + other.What + " as well: in Knative's activator its revisions have names that begin alike"
	return d.WithRelated(first.At, "%s", first.What).WithHint("rename one of the two")
}
