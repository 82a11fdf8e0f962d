package fields

import (
	"strings"

	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/durationpb"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Requests maps the rules on requests to a route of a VirtualService. A route
// without retries has an empty message for them, since Istio retries otherwise.
var Requests = Table[schema.Resilience, networking.HTTPRoute]{
	{
		Spec: "retries.attempts", Object: "retries.attempts", Others: []string{"retries"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Resilience, o *networking.HTTPRoute) {
			if r := s.Retries; r != nil {
				o.Retries = &networking.HTTPRetry{Attempts: r.Attempts, PerTryTimeout: protoDuration(r.PerTryTimeout), RetryOn: strings.Join(r.On, ",")}
			}
		},
		read: func(_ *Conversion, o *networking.HTTPRoute, s *schema.Resilience) {
			r := o.GetRetries()
			if proto.Size(r) == 0 {
				return
			}
			s.Retries = &schema.Retries{Attempts: r.Attempts, PerTryTimeout: readDuration(r.PerTryTimeout)}
			if r.RetryOn != "" {
				s.Retries.On = strings.Split(r.RetryOn, ",")
			}
		},
	},
	with[schema.Resilience, networking.HTTPRoute]("retries.perTryTimeout", "retries.perTryTimeout"),
	with[schema.Resilience, networking.HTTPRoute]("retries.on", "retries.retryOn"),
	interval("timeout", "timeout",
		func(s *schema.Resilience) *string { return &s.Timeout },
		(*networking.HTTPRoute).GetTimeout,
		func(o *networking.HTTPRoute) **durationpb.Duration { return &o.Timeout }),
}

// Fault maps the faults that a route injects. The requests that get them are
// matched by the route.
var Fault = Table[schema.Fault, networking.HTTPFaultInjection]{
	{
		Spec: "delay.duration", Object: "delay.fixedDelay", Others: []string{"delay"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Fault, o *networking.HTTPFaultInjection) {
			if d := s.Delay; d != nil {
				o.Delay = &networking.HTTPFaultInjection_Delay{
					Percentage:    Percent(d.Percent),
					HttpDelayType: &networking.HTTPFaultInjection_Delay_FixedDelay{FixedDelay: protoDuration(d.Duration)},
				}
			}
		},
		read: func(_ *Conversion, o *networking.HTTPFaultInjection, s *schema.Fault) {
			if d := o.GetDelay(); d != nil {
				s.Delay = &schema.Delay{Duration: readDuration(d.GetFixedDelay()), Percent: readPercent(d.Percentage)}
			}
		},
	},
	with[schema.Fault, networking.HTTPFaultInjection]("delay.percent", "delay.percentage"),
	{
		Spec: "abort.status", Object: "abort.httpStatus", Others: []string{"abort"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Fault, o *networking.HTTPFaultInjection) {
			if a := s.Abort; a != nil {
				o.Abort = &networking.HTTPFaultInjection_Abort{
					Percentage: Percent(a.Percent),
					ErrorType:  &networking.HTTPFaultInjection_Abort_HttpStatus{HttpStatus: a.Status},
				}
			}
		},
		read: func(_ *Conversion, o *networking.HTTPFaultInjection, s *schema.Fault) {
			if a := o.GetAbort(); a != nil {
				s.Abort = &schema.Abort{Status: a.GetHttpStatus(), Percent: readPercent(a.Percentage)}
			}
		},
	},
	with[schema.Fault, networking.HTTPFaultInjection]("abort.percent", "abort.percentage"),
}
