package fields

import (
	"strconv"

	"google.golang.org/protobuf/types/known/wrapperspb"
	telemetry "istio.io/api/telemetry/v1alpha1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Telemetry maps what the mesh reports about an app.
var Telemetry = Table[schema.Telemetry, telemetry.Telemetry]{
	{
		Spec: "tracing", Object: "tracing",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Telemetry, o *telemetry.Telemetry) {
			if s.Tracing == nil {
				return
			}
			out := &telemetry.Tracing{Providers: provider(s.Tracing.Provider)}
			if sampling, err := s.Tracing.Sampling.Float64(); err == nil {
				out.RandomSamplingPercentage = wrapperspb.Double(sampling)
			}
			o.Tracing = []*telemetry.Tracing{out}
		},
		read: func(_ *Conversion, o *telemetry.Telemetry, s *schema.Telemetry) {
			if len(o.Tracing) == 0 {
				return
			}
			s.Tracing = &schema.Tracing{Provider: readProvider(o.Tracing[0].Providers)}
			if sampling := o.Tracing[0].RandomSamplingPercentage; sampling != nil {
				s.Tracing.Sampling = number(sampling.Value)
			}
		},
	},
	with[schema.Telemetry, telemetry.Telemetry]("tracing.sampling", "tracing[0].randomSamplingPercentage"),
	with[schema.Telemetry, telemetry.Telemetry]("tracing.provider", "tracing[0].providers"),
	{
		Spec: "accessLog", Object: "accessLogging", Others: []string{"accessLogging[0].disabled"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Telemetry, o *telemetry.Telemetry) {
			l := s.AccessLog
			if l == nil {
				return
			}
			out := &telemetry.AccessLogging{Providers: provider(l.Provider), Disabled: wrapperspb.Bool(l.Off)}
			if l.Filter != "" {
				out.Filter = &telemetry.AccessLogging_Filter{Expression: l.Filter}
			}
			o.AccessLogging = []*telemetry.AccessLogging{out}
		},
		read: func(_ *Conversion, o *telemetry.Telemetry, s *schema.Telemetry) {
			if len(o.AccessLogging) > 0 {
				l := o.AccessLogging[0]
				s.AccessLog = &schema.AccessLog{Off: l.GetDisabled().GetValue(), Filter: l.GetFilter().GetExpression(), Provider: readProvider(l.Providers)}
			}
		},
	},
	with[schema.Telemetry, telemetry.Telemetry]("accessLog.filter", "accessLogging[0].filter"),
	with[schema.Telemetry, telemetry.Telemetry]("accessLog.provider", "accessLogging[0].providers"),
	with[schema.Telemetry, telemetry.Telemetry]("metrics", "metrics"),
	{
		Spec: "metrics.tags", Object: "metrics[0].overrides[0].tagOverrides",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Telemetry, o *telemetry.Telemetry) {
			if s.Metrics == nil || len(s.Metrics.Tags) == 0 {
				return
			}
			tags := map[string]*telemetry.MetricsOverrides_TagOverride{}
			for name, value := range s.Metrics.Tags {
				tags[name] = &telemetry.MetricsOverrides_TagOverride{Value: value}
			}
			addOverride(o, &telemetry.MetricsOverrides{TagOverrides: tags})
		},
		read: func(_ *Conversion, o *telemetry.Telemetry, s *schema.Telemetry) {
			for _, override := range overrides(o) {
				for name, tag := range override.TagOverrides {
					put(&readMetrics(s).Tags, name, tag.Value)
				}
			}
		},
	},
	{
		Spec: "metrics.disable", Object: "metrics[0].overrides",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Telemetry, o *telemetry.Telemetry) {
			if s.Metrics == nil {
				return
			}
			for _, name := range s.Metrics.Disable {
				metric := telemetry.MetricSelector_IstioMetric(telemetry.MetricSelector_IstioMetric_value[name])
				addOverride(o, &telemetry.MetricsOverrides{
					Match:    &telemetry.MetricSelector{MetricMatch: &telemetry.MetricSelector_Metric{Metric: metric}},
					Disabled: wrapperspb.Bool(true),
				})
			}
		},
		read: func(_ *Conversion, o *telemetry.Telemetry, s *schema.Telemetry) {
			for _, override := range overrides(o) {
				if override.GetDisabled().GetValue() && override.GetMatch() != nil {
					m := readMetrics(s)
					m.Disable = append(m.Disable, override.Match.GetMetric().String())
				}
			}
		},
		find: func(_ *Conversion, n *ir.Node, s *schema.Telemetry, path string) *ir.Node {
			disable := n.Find("metrics", "disable")
			index, _ := element(path)
			if path == "" || s.Metrics == nil {
				return disable
			}
			if len(s.Metrics.Tags) > 0 {
				index-- // of the tags, which come first
			}
			return disable.Find(strconv.Itoa(index))
		},
	},
}

func provider(name string) []*telemetry.ProviderRef {
	if name == "" {
		return nil
	}
	return []*telemetry.ProviderRef{{Name: name}}
}

func readProvider(providers []*telemetry.ProviderRef) string {
	if len(providers) == 0 {
		return ""
	}
	return providers[0].Name
}

// addOverride adds an override of Prometheus's metrics, the provider that Istio
// has without configuration.
func addOverride(o *telemetry.Telemetry, override *telemetry.MetricsOverrides) {
	if len(o.Metrics) == 0 {
		o.Metrics = []*telemetry.Metrics{{Providers: provider("prometheus")}}
	}
	o.Metrics[0].Overrides = append(o.Metrics[0].Overrides, override)
}

func overrides(o *telemetry.Telemetry) []*telemetry.MetricsOverrides {
	if len(o.Metrics) == 0 {
		return nil
	}
	return o.Metrics[0].Overrides
}

// readMetrics returns the metrics of the spec, which it adds if there are none.
func readMetrics(s *schema.Telemetry) *schema.Metrics {
	if s.Metrics == nil {
		s.Metrics = &schema.Metrics{}
	}
	return s.Metrics
}
