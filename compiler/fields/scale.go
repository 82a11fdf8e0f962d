package fields

import (
	"time"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// Scale maps the autoscaler's settings of a revision to annotations of its
// template: only those that the user made. Other annotations of the autoscaler
// lead to the settings as a whole.
var Scale = Table[ir.Revision, metav1.ObjectMeta]{
	with[ir.Revision, metav1.ObjectMeta]("scale", "annotations.autoscaling.knative.dev"),
	scaleNumber("min", "min-scale", func(s *schema.Scale) *json.Number { return &s.Min }),
	scaleNumber("max", "max-scale", func(s *schema.Scale) *json.Number { return &s.Max }),
	scaleNumber("initial", "initial-scale", func(s *schema.Scale) *json.Number { return &s.Initial }),
	scaleNumber("activation", "activation-scale", func(s *schema.Scale) *json.Number { return &s.Activation }),
	scaleText("metric", "metric", func(s *schema.Scale) *string { return &s.Metric }),
	scaleNumber("target", "target", func(s *schema.Scale) *json.Number { return &s.Target }),
	scaleNumber("utilization", "target-utilization-percentage", func(s *schema.Scale) *json.Number { return &s.Utilization }),
	scaleSetting("class", "class",
		func(c *Conversion, s *schema.Scale) string { return class(c.Target, s) },
		func(s *schema.Scale, value string) { s.Class = shortClass(value) }),
	scaleDuration("window", "window", func(s *schema.Scale) *string { return &s.Window }),
	scaleDuration("downDelay", "scale-down-delay", func(s *schema.Scale) *string { return &s.DownDelay }),
	scaleDuration("retention", "scale-to-zero-pod-retention-period", func(s *schema.Scale) *string { return &s.Retention }),
	scaleNumber("burstCapacity", "target-burst-capacity", func(s *schema.Scale) *json.Number { return &s.BurstCapacity }),
	scaleText("aggregation", "metric-aggregation-algorithm", func(s *schema.Scale) *string { return &s.Aggregation }),
	scaleNumber("panic.window", "panic-window-percentage", func(s *schema.Scale) *json.Number { return &s.Panic.Window }),
	scaleNumber("panic.threshold", "panic-threshold-percentage", func(s *schema.Scale) *json.Number { return &s.Panic.Threshold }),
}

func scaleNumber(field, name string, of func(*schema.Scale) *json.Number) Row[ir.Revision, metav1.ObjectMeta] {
	return scaleSetting(field, name,
		func(_ *Conversion, s *schema.Scale) string { return of(s).String() },
		func(s *schema.Scale, value string) { *of(s) = json.Number(value) })
}

func scaleText(field, name string, of func(*schema.Scale) *string) Row[ir.Revision, metav1.ObjectMeta] {
	return scaleSetting(field, name,
		func(_ *Conversion, s *schema.Scale) string { return *of(s) },
		func(s *schema.Scale, value string) { *of(s) = value })
}

func scaleDuration(field, name string, of func(*schema.Scale) *string) Row[ir.Revision, metav1.ObjectMeta] {
	return scaleSetting(field, name,
		func(_ *Conversion, s *schema.Scale) string { return duration(*of(s)) },
		func(s *schema.Scale, value string) { *of(s) = duration(value) })
}

// scaleSetting maps a field below scale to the annotation that has the name in
// the newest release.
func scaleSetting(field, name string, value func(*Conversion, *schema.Scale) string, read func(*schema.Scale, string)) Row[ir.Revision, metav1.ObjectMeta] {
	return annotation("scale."+field, "autoscaling.knative.dev/", name,
		func(c *Conversion, r *ir.Revision) string { return value(c, &r.Spec.Scale) },
		func(r *ir.Revision, value string) { read(&r.Spec.Scale, value) })
}

const (
	knativeClass = ".autoscaling.knative.dev"
	kpa          = "kpa" + knativeClass
	hpa          = "hpa" + knativeClass
)

// class returns the autoscaler's class in full. The webhook validates an
// aggregation algorithm only where class kpa is written out.
func class(t *target.Target, s *schema.Scale) string {
	switch {
	case s.Class == "kpa":
		return kpa
	case s.Class == "hpa":
		return hpa
	case s.Class == "" && s.Aggregation != "" && t.Setting("autoscaler", "pod-autoscaler-class") == kpa:
		return kpa
	}
	return s.Class
}

// shortClass returns the name that a spec has for an autoscaler's class.
func shortClass(class string) string {
	switch class {
	case kpa:
		return "kpa"
	case hpa:
		return "hpa"
	}
	return class
}

// duration returns a duration in the form in which annotations have it, or ""
// for what is not one.
func duration(s string) string {
	d, err := time.ParseDuration(s)
	if err != nil {
		return ""
	}
	return schema.Duration(d)
}
