package traffic

import (
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// nameRules are the rules of this file.
var nameRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkAppNames},
}

// checkAppNames reports names that are derived from the app's name and are too
// long for a label. The webhook does not check them; the reconciler fails
// later, or shortens the name to a hash that nothing can refer to.
func checkAppNames(_ *target.Target, a *ir.App) (diags diag.List) {
	if !a.Declared() {
		return nil
	}
	for _, r := range a.Revisions {
		n := r.Written
		switch {
		case r.Spec.Existing != "":
		case a.Spec.Strategy == "service":
			diags.Add(keyTooLong(n, a.Name+"-"+r.ID, rules.HashSuffix, "the revision")...)
		default:
			diags.Add(keyTooLong(n, a.Name+"-"+r.ID, rules.NumberSuffix, "the Configuration")...)
		}
	}
	return diags
}

func keyTooLong(n *ir.Node, derived string, suffix int, what string) diag.List {
	if len(derived)+suffix <= rules.MaxLabel {
		return nil
	}
	return diag.List{n.KeyErrorf(diag.NameTooLong, "%s", rules.NameTooLong(derived, suffix, what))}
}
