package lower

import (
	"time"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// A scaleSetting is a setting of the autoscaler's: the name of its annotation
// as of today, the field under scale, and the value; "" for none.
type scaleSetting struct{ name, field, value string }

func scaleSettings(t *target.Target, s schema.Scale) []scaleSetting {
	return []scaleSetting{
		{"min-scale", "min", s.Min.String()},
		{"max-scale", "max", s.Max.String()},
		{"initial-scale", "initial", s.Initial.String()},
		{"activation-scale", "activation", s.Activation.String()},
		{"metric", "metric", s.Metric},
		{"target", "target", s.Target.String()},
		{"target-utilization-percentage", "utilization", s.Utilization.String()},
		{"class", "class", class(t, s)},
		{"window", "window", duration(s.Window)},
		{"scale-down-delay", "downDelay", duration(s.DownDelay)},
		{"scale-to-zero-pod-retention-period", "retention", duration(s.Retention)},
		{"target-burst-capacity", "burstCapacity", s.BurstCapacity.String()},
		{"metric-aggregation-algorithm", "aggregation", s.Aggregation},
		{"panic-window-percentage", "panic.window", s.Panic.Window.String()},
		{"panic-threshold-percentage", "panic.threshold", s.Panic.Threshold.String()},
	}
}

// scaleAnnotations are the autoscaler's settings of a revision: only those
// that the user made. Values of annotations are strings.
func (b *builder) scaleAnnotations(r *ir.Revision) map[string]string {
	out := map[string]string{}
	for _, s := range scaleSettings(b.pinned.Target, r.Spec.Scale) {
		if s.value != "" {
			out[b.pinned.Target.AutoscalingKey(s.name)] = s.value
		}
	}
	return out
}

// class is the autoscaler's class in full. The webhook validates an aggregation
// algorithm only where class kpa is written out.
func class(t *target.Target, s schema.Scale) string {
	const kpa = "kpa.autoscaling.knative.dev"
	switch {
	case s.Class == "kpa", s.Class == "hpa":
		return s.Class + ".autoscaling.knative.dev"
	case s.Class == "" && s.Aggregation != "" && t.Setting("autoscaler", "pod-autoscaler-class") == kpa:
		return kpa
	}
	return s.Class
}

func duration(s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return ""
	}
	return schema.Duration(d)
}
