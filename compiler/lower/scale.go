package lower

import (
	"time"

	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/schema"
)

// scaleAnnotations are the autoscaler's settings of a revision: only those
// that the user made. Values of annotations are strings.
func (b *builder) scaleAnnotations(r *ir.Revision) map[string]string {
	s := r.Spec.Scale
	out := map[string]string{}
	for _, a := range []struct{ name, value string }{
		{"min-scale", s.Min.String()},
		{"max-scale", s.Max.String()},
		{"initial-scale", s.Initial.String()},
		{"activation-scale", s.Activation.String()},
		{"metric", s.Metric},
		{"target", s.Target.String()},
		{"target-utilization-percentage", s.Utilization.String()},
		{"class", class(s)},
		{"window", duration(s.Window)},
		{"scale-down-delay", duration(s.DownDelay)},
		{"scale-to-zero-pod-retention-period", duration(s.Retention)},
		{"target-burst-capacity", s.BurstCapacity.String()},
		{"metric-aggregation-algorithm", s.Aggregation},
		{"panic-window-percentage", s.Panic.Window.String()},
		{"panic-threshold-percentage", s.Panic.Threshold.String()},
	} {
		if a.value != "" {
			out[b.pinned.Target.AutoscalingKey(a.name)] = a.value
		}
	}
	return out
}

// class is the autoscaler's class in full. An aggregation algorithm is checked
// by the webhook only where the class is written out.
func class(s schema.Scale) string {
	switch {
	case s.Class == "kpa", s.Class == "hpa":
		return s.Class + ".autoscaling.knative.dev"
	case s.Class == "" && s.Aggregation != "":
		return "kpa.autoscaling.knative.dev"
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
