package traffic

import (
	"time"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// rolloutRules are the rules of this file.
var rolloutRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkRollout},
	DependsOn: map[diag.Code][]string{
		diag.RolloutUnused: {"revisions", "strategy", "existing"},
	},
}

// checkRollout reports the duration of a rollout that is not in whole seconds,
// or that has no effect: named revisions get their traffic at once
// (knative.dev/serving/pkg/reconciler/route/traffic/traffic.go,
// buildRolloutForTag).
func checkRollout(_ *target.Target, a *ir.App) (diags diag.List) {
	n := a.Node.Field("rollout").Field("duration")
	if n == nil {
		return nil
	}
	diags = rules.CheckDuration(n, 0, 0, time.Second)
	if a.Spec.Strategy == "service" {
		diags.Add(n.Warnf(diag.RolloutUnused, "with strategy \"service\" traffic goes to named revisions, which take it at once; rollout does nothing"))
	}
	return diags
}
