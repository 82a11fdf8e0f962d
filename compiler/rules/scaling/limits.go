package scaling

import (
	"strconv"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// limitRules are the rules of this file.
var limitRules = rules.Set{
	Revision: []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkTimeouts},
	DependsOn: map[diag.Code][]string{
		diag.ConcurrencyLimit: {rules.TargetDefaults},
		diag.TimeoutLimit:     {rules.TargetDefaults},
		diag.TimeoutOrder:     {rules.TargetDefaults, "timeoutSeconds", "responseStartTimeoutSeconds", "idleTimeoutSeconds"},
	},
}

// checkTimeouts compares timeouts and concurrency with the cluster's limits.
// The webhook checks timeoutSeconds and concurrency; of the other two timeouts
// it checks nothing (revision_validation.go).
func checkTimeouts(t *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	limit := t.SettingInt("defaults", "max-revision-timeout-seconds")
	timeout := t.SettingInt("defaults", "revision-timeout-seconds")
	if n := r.Node.Field("timeoutSeconds"); n != nil {
		timeout = *r.Spec.TimeoutSeconds
		if timeout > limit {
			diags.Add(n.Errorf(diag.TimeoutLimit, "timeoutSeconds is %d; the cluster's max-revision-timeout-seconds is %d", timeout, limit))
		}
	}
	for _, name := range []string{"responseStartTimeoutSeconds", "idleTimeoutSeconds"} {
		n := r.Node.Field(name)
		if n == nil {
			continue
		}
		if seconds, _ := strconv.ParseInt(n.Text, 10, 64); seconds > timeout {
			d := n.Errorf(diag.TimeoutOrder, "%s is %d, more than timeoutSeconds, %d: the request ends before", name, seconds, timeout)
			if total := r.Node.Field("timeoutSeconds"); total != nil {
				d = d.WithRelated(total.At, "timeoutSeconds")
			}
			diags.Add(d)
		}
	}
	return append(diags, checkConcurrency(t, r)...)
}

func checkConcurrency(t *target.Target, r *ir.Revision) diag.List {
	n := r.Node.Field("concurrency")
	if n == nil {
		return nil
	}
	limit := t.SettingInt("defaults", "container-concurrency-max-limit")
	switch {
	case *r.Spec.Concurrency > limit:
		return diag.List{n.Errorf(diag.ConcurrencyLimit, "concurrency is %d; the cluster's container-concurrency-max-limit is %d", *r.Spec.Concurrency, limit)}
	case *r.Spec.Concurrency == 0 && t.Setting("defaults", "allow-container-concurrency-zero") == "false":
		return diag.List{n.Errorf(diag.ConcurrencyLimit, "concurrency is 0, no limit; the cluster does not allow that (allow-container-concurrency-zero)")}
	}
	return nil
}
