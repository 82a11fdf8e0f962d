package scaling

import (
	"math"
	"strconv"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// autoscalerRules are the rules of this file.
var autoscalerRules = rules.Set{
	Revision: []func(*target.Target, *ir.App, *ir.Revision) diag.List{checkUnreadScale, checkHPATarget, checkInstalledAutoscaler},
	DependsOn: map[diag.Code][]string{
		diag.MissingComponent: {rules.WholeTarget, "manifests"},
	},
}

// unreadByHPA are the settings under scale that the controller of class hpa
// does not read (knative.dev/serving/pkg/reconciler/autoscaling/hpa/resources/hpa.go,
// MakeHPA, and hpa.go beside it), each with what Kubernetes does instead.
var unreadByHPA = []struct{ field, instead string }{
	{"utilization", "the target is what it aims at"},
	{"downDelay", "window delays scaling in both directions"},
	{"retention", "it never scales to zero"},
	{"burstCapacity", "the activator is in the path only while there are no pods"},
	{"activation", "it never scales up from zero"},
	{"aggregation", "Kubernetes takes the average of the pods"},
	{"panic", "it does not panic"},
}

// checkUnreadScale reports settings that the revision's autoscaler does not
// read. The webhook accepts them all.
func checkUnreadScale(t *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	n := r.Node.Field("scale")
	switch autoscalerClass(t, r) {
	case hpa:
		for _, unread := range unreadByHPA {
			if f := n.Field(unread.field); f != nil {
				diags.Add(f.KeyErrorf(diag.UnreadSetting, "class hpa does not read %s: %s", unread.field, unread.instead).AsWarning())
			}
		}
		if f := n.Field("min"); f != nil && integer(r.Spec.Scale.Min) == 0 {
			diags.Add(f.Warnf(diag.UnreadSetting, "min is 0; class hpa keeps at least 1 pod").WithHint("min: 1, or class: \"kpa\" to scale to zero"))
		}
		if f := n.Field("window"); f != nil {
			diags.Add(rules.RequireReader(t, f, target.HPAWindow, "Kubernetes' own windows apply")...)
		}
	case kpa:
		diags.Add(checkUnreadByKPA(t, n, r)...)
	}
	return diags
}

// checkUnreadByKPA reports settings of class kpa that others make useless
// (pkg/reconciler/autoscaling/kpa/scaler.go, handleScaleToZero, and
// pkg/reconciler/autoscaling/resources/target.go, ResolveMetricTarget).
func checkUnreadByKPA(t *target.Target, n *ir.Node, r *ir.Revision) (diags diag.List) {
	s := r.Spec.Scale
	always := t.Setting("autoscaler", "enable-scale-to-zero") == "false"
	lower, retention := n.Field("min"), n.Field("retention")
	switch {
	case retention != nil && always:
		diags.Add(retention.KeyErrorf(diag.UnreadSetting, "retention does nothing: the cluster never scales to zero (enable-scale-to-zero)").AsWarning())
	case retention != nil && integer(s.Min) > 0:
		diags.Add(retention.KeyErrorf(diag.UnreadSetting, "retention does nothing: with min %s the last pod always stays", s.Min).
			WithRelated(lower.At, "min").AsWarning())
	}
	if lower != nil && integer(s.Min) == 0 && always {
		diags.Add(lower.Warnf(diag.UnreadSetting, "min is 0; the cluster keeps at least 1 pod (enable-scale-to-zero)"))
	}
	goal, concurrency := n.Field("target"), r.Node.Field("concurrency")
	if goal == nil || concurrency == nil || s.Metric == "rps" || *r.Spec.Concurrency == 0 {
		return diags
	}
	if value, _ := s.Target.Float64(); value > float64(*r.Spec.Concurrency) {
		diags.Add(rules.InOrder(goal, concurrency, diag.UnreadSetting, "target is %s, more than concurrency, %d: the autoscaler then aims at the concurrency", s.Target, *r.Spec.Concurrency).
			AsWarning())
	}
	return diags
}

// checkHPATarget validates a target as class hpa reads it (MakeHPA). Without
// one there is no metric, and the API server makes it 80 % of the CPU; a part
// of a whole is cut off, and 0 is refused.
func checkHPATarget(t *target.Target, _ *ir.App, r *ir.Revision) (diags diag.List) {
	if autoscalerClass(t, r) != hpa {
		return nil
	}
	n, s := r.Node.Field("scale"), r.Spec.Scale
	if f := n.Field("initial"); f != nil && integer(s.Initial) == 0 && t.Setting("autoscaler", "allow-zero-initial-scale") == "true" {
		diags.Add(f.Errorf(diag.ScaleLimit, "initial is 0; class hpa never starts a revision without pods").WithHint("initial: 1"))
	}
	metric, goal := n.Field("metric"), n.Field("target")
	if goal == nil {
		if metric != nil && s.Metric != "cpu" {
			diags.Add(metric.Errorf(diag.MissingField, "scale lacks the field target: class hpa then scales by CPU, and not by %s", s.Metric).
				WithHint("%s", targetExample(s.Metric)))
		}
		return diags
	}
	value, err := strconv.ParseFloat(goal.Text, 64)
	limit := targetLimit(s.Metric)
	switch {
	case err != nil:
	case value != math.Trunc(value):
		diags.Add(goal.Errorf(diag.InvalidValue, "target is %s; class hpa reads whole numbers", goal.Text).
			WithHint("target: %.0f", math.Ceil(value)))
	case value > limit:
		diags.Add(goal.Errorf(diag.OutOfBounds, "target is %s; with metric %q it takes at most %.0f", goal.Text, effectiveMetric(s.Metric), limit))
	}
	return diags
}

func effectiveMetric(metric string) string {
	if metric == "" {
		return "cpu"
	}
	return metric
}

// targetLimit is the greatest target that MakeHPA converts without overflow:
// of percents to 32 bits, of MiB to bytes, and of anything else to 64 bits.
func targetLimit(metric string) float64 {
	switch metric {
	case "", "cpu":
		return math.MaxInt32
	case "memory":
		return math.MaxInt64 >> 20
	}
	return 1 << 62
}

func targetExample(metric string) string {
	if metric == "memory" {
		return "target: 512, in MiB per pod"
	}
	return "target: 100, the average per pod"
}

// checkInstalledAutoscaler reports class hpa where the platform has no
// autoscaler for it: the revision would get pods, and never more.
func checkInstalledAutoscaler(t *target.Target, a *ir.App, r *ir.Revision) diag.List {
	if !t.NoHPA || autoscalerClass(t, r) != hpa {
		return nil
	}
	n := r.Node.Field("scale").Field("class")
	at := a.Node.KeyErrorf
	if n != nil {
		at = n.Errorf
	}
	return diag.List{at(diag.MissingComponent, "class hpa needs Knative's component serving-hpa, which the platform does not install").
		WithHint("platform: manifests: hpa: true, or its serving-hpa.yaml among the urls")}
}
