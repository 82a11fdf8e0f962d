package mesh

import (
	"google.golang.org/protobuf/types/known/wrapperspb"
	telemetry "istio.io/api/telemetry/v1alpha1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Telemetries makes the object on what the mesh tells of the app. It always
// selects the app's pods: of those that select none, a namespace has one
// (IST0160), which is not an app's to write.
func (a *App) Telemetries() []Object {
	m := a.Spec.Mesh
	if m == nil || m.Telemetry == nil {
		return nil
	}
	t := m.Telemetry
	if t.Tracing == nil && t.AccessLog == nil && t.Metrics == nil {
		return nil
	}
	selector, waypoint := a.requestScope()
	return []Object{{Name: a.Name, Spec: &telemetry.Telemetry{
		Selector:      selector,
		TargetRefs:    waypoint,
		Tracing:       tracing(t.Tracing),
		AccessLogging: accessLogging(t.AccessLog),
		Metrics:       metrics(t.Metrics),
	}}}
}

func tracing(t *schema.Tracing) []*telemetry.Tracing {
	if t == nil {
		return nil
	}
	out := &telemetry.Tracing{Providers: provider(t.Provider)}
	if sampling, err := t.Sampling.Float64(); err == nil {
		out.RandomSamplingPercentage = wrapperspb.Double(sampling)
	}
	return []*telemetry.Tracing{out}
}

func accessLogging(l *schema.AccessLog) []*telemetry.AccessLogging {
	if l == nil {
		return nil
	}
	out := &telemetry.AccessLogging{Providers: provider(l.Provider), Disabled: wrapperspb.Bool(l.Off)}
	if l.Filter != "" {
		out.Filter = &telemetry.AccessLogging_Filter{Expression: l.Filter}
	}
	return []*telemetry.AccessLogging{out}
}

func provider(name string) []*telemetry.ProviderRef {
	if name == "" {
		return nil
	}
	return []*telemetry.ProviderRef{{Name: name}}
}

// metrics are overrides of Prometheus's metrics, the provider that Istio has
// without configuration: tags on all of them, and each that is disabled.
func metrics(m *schema.Metrics) []*telemetry.Metrics {
	if m == nil || len(m.Tags)+len(m.Disable) == 0 {
		return nil
	}
	out := &telemetry.Metrics{Providers: provider("prometheus")}
	if len(m.Tags) > 0 {
		tags := &telemetry.MetricsOverrides{TagOverrides: map[string]*telemetry.MetricsOverrides_TagOverride{}}
		for _, name := range ir.Sorted(m.Tags) {
			tags.TagOverrides[name] = &telemetry.MetricsOverrides_TagOverride{Value: m.Tags[name]}
		}
		out.Overrides = append(out.Overrides, tags)
	}
	for _, name := range m.Disable {
		metric := telemetry.MetricSelector_IstioMetric(telemetry.MetricSelector_IstioMetric_value[name])
		out.Overrides = append(out.Overrides, &telemetry.MetricsOverrides{
			Match:    &telemetry.MetricSelector{MetricMatch: &telemetry.MetricSelector_Metric{Metric: metric}},
			Disabled: wrapperspb.Bool(true),
		})
	}
	return []*telemetry.Metrics{out}
}
