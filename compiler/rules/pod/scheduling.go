package pod

import (
	"github.com/belay-sh/belay/compiler/kubernetes"
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// schedulingRules are the rules of this file.
var schedulingRules = rules.Set{
	Revision: []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkScheduling},
}

// checkScheduling validates where pods may run, as Kubernetes does when it
// makes the pods: Knative stores these values unread.
func checkScheduling(_ *target.Target, a *ir.App, r *ir.Revision) (diags diag.List) {
	n := r.Node.Field("scheduling")
	for _, part := range []struct {
		field    string
		validate kubernetes.Validator
	}{
		{"tolerations", kubernetes.ValidateTolerations},
		{"affinity", kubernetes.ValidateAffinity},
		{"topologySpread", kubernetes.ValidateTopologySpread},
		{"topologySpread", kubernetes.ValidateSpreadOf(podLabels(a))},
	} {
		for _, d := range validate(n.Field(part.field), part.validate) {
			if d.Code == diag.UnreadSetting {
				d = d.WithHint(`labelSelector: matchLabels: %q: %q`, objectmeta.AppLabel, a.Name)
			}
			diags.Add(d)
		}
	}
	return diags
}

// podLabels are the labels of an app's pods. Knative sets the label app to the
// name of the revision, which no selector can be written for.
func podLabels(a *ir.App) map[string]string {
	labels := map[string]string{"app": "", objectmeta.NameLabel: a.Name, objectmeta.AppLabel: a.Name}
	for key, value := range a.Spec.Labels {
		if place := target.Label(key).Place; place == target.Everywhere || place == target.OnPods {
			labels[key] = value
		}
	}
	return labels
}
