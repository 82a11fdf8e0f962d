package scaling

import (
	"strings"
	"time"

	"github.com/go-json-experiment/json/v1"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// scaleRules are the rules of this file.
var scaleRules = rules.Set{
	Revision: []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkScale, checkMetric},
	DependsOn: map[diag.Code][]string{
		diag.MetricClass: {"class", "metric", "scale", rules.TargetAutoscaler},
		diag.ScaleOrder:  {rules.TargetAutoscaler, "min", "max", "initial", "activation", "scale"},
	},
}

// checkScale validates the numbers of pods together
// (knative.dev/serving/pkg/apis/autoscaling/annotation_validation.go).
func checkScale(t *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	n, s := r.Node.Field("scale"), r.Spec.Scale
	lower, upper, activation := integer(s.Min), integer(s.Max), integer(s.Activation)
	if upper != 0 && upper < lower {
		diags.Add(rules.InOrder(n.Field("min"), n.Field("max"), diag.ScaleOrder, "max is %d, less than min, %d", upper, lower))
	}
	if activation != 0 {
		switch {
		case lower > activation:
			diags.Add(rules.InOrder(n.Field("min"), n.Field("activation"), diag.ScaleOrder, "activation is %d, less than min, %d", activation, lower))
		case upper != 0 && upper < activation:
			diags.Add(rules.InOrder(n.Field("max"), n.Field("activation"), diag.ScaleOrder, "activation is %d, more than max, %d", activation, upper))
		}
	}
	if f := n.Field("initial"); f != nil && integer(s.Initial) == 0 && t.Setting("autoscaler", "allow-zero-initial-scale") != "true" {
		diags.Add(f.Errorf(diag.ScaleLimit, "initial is 0; the cluster does not allow that (allow-zero-initial-scale)"))
	}
	if limit := t.SettingInt("autoscaler", "max-scale-limit"); limit > 0 && s.Max != "" && (upper > limit || upper == 0) {
		diags.Add(n.Field("max").Errorf(diag.ScaleLimit, "max is %s; the cluster's max-scale-limit is %d", s.Max, limit))
	}
	if f := n.Field("burstCapacity"); f != nil && strings.HasPrefix(f.Text, "-") && f.Text != "-1" {
		diags.Add(f.Errorf(diag.OutOfBounds, "burstCapacity is %s; it takes -1, or 0 and more", f.Text))
	}
	diags.Add(rules.CheckDuration(n.Field("window"), 6*time.Second, time.Hour, time.Second)...)
	diags.Add(rules.CheckDuration(n.Field("downDelay"), 0, time.Hour, time.Second)...)
	diags.Add(rules.CheckDuration(n.Field("retention"), 0, time.Hour, 1)...)
	return diags
}

func integer(n json.Number) int64 {
	i, _ := n.Int64()
	return i
}

// kpa and hpa are the autoscalers that come with Knative.
const (
	kpa = "kpa.autoscaling.knative.dev"
	hpa = "hpa.autoscaling.knative.dev"
)

// checkMetric validates class and metric together. Other classes than Knative's
// own take what they like.
func checkMetric(t *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	n, s := r.Node.Field("scale"), r.Spec.Scale
	class := autoscalerClass(t, r)
	metric := n.Field("metric")
	switch {
	case s.Class != "" && strings.HasSuffix(class, ".knative.dev") && class != kpa && class != hpa:
		diags.Add(n.Field("class").Errorf(diag.UnknownValue, "class is %q; of knative.dev there are only kpa and hpa", s.Class))
	case class == kpa && metric != nil && s.Metric != "concurrency" && s.Metric != "rps":
		diags.Add(metric.Errorf(diag.MetricClass, "metric is %q; class kpa takes concurrency or rps", s.Metric).
			WithHint(`set class: "hpa"`))
	case class == hpa && metric != nil && !t.CustomMetrics() && s.Metric != "cpu" && s.Metric != "memory":
		diags.Add(metric.Errorf(diag.MetricClass, "metric is %q; class hpa of Knative %s takes cpu or memory", s.Metric, t.Knative))
	}
	return diags
}

// autoscalerClass is the whole name of a revision's autoscaler.
func autoscalerClass(t *target.Target, r *ir.Revision) string {
	switch class := r.Spec.Scale.Class; class {
	case "":
		return t.Setting("autoscaler", "pod-autoscaler-class")
	case "kpa":
		return kpa
	case "hpa":
		return hpa
	default:
		return class
	}
}
