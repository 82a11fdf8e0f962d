package admission

import (
	security "istio.io/api/security/v1beta1"
	telemetry "istio.io/api/telemetry/v1alpha1"

	"github.com/belay-sh/belay/internal/target"
)

// The rules of Istio's webhook on policies that a patch can break
// (istio.io/istio/pkg/config/validation), and what an app's own policies may
// not become.

// wholeNamespace is the violation of an object that selects no pods: a namespace
// has one such object of each kind, which an app cannot own (IST0111, IST0160).
func wholeNamespace() []Violation {
	return rejected("without a selector it is for the whole namespace, not for the app")
}

func validatePeerAuthentication(_ *target.Target, s *security.PeerAuthentication) []Violation {
	if len(s.Selector.GetMatchLabels()) == 0 {
		if len(s.PortLevelMtls) > 0 {
			return rejected("portLevelMtls goes with a selector only")
		}
		return wholeNamespace()
	}
	for port := range s.PortLevelMtls {
		if port == 0 || port > 65535 {
			return rejected("a port of portLevelMtls is not 1 to 65535")
		}
	}
	return nil
}

// validateAuthorizationPolicy also keeps a policy a denial. One that allows shuts
// out Knative's activator, autoscaler and probes, if it does not name them, and
// if it does, lets in whoever comes through the activator.
func validateAuthorizationPolicy(_ *target.Target, s *security.AuthorizationPolicy) []Violation {
	switch {
	case len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0:
		return wholeNamespace()
	case s.Action != security.AuthorizationPolicy_DENY:
		return rejected("it no longer denies: what it does not allow, Knative's own requests among it, is refused, and what comes through the activator is the activator's")
	case len(s.Rules) == 0:
		return rejected("a denial without rules never denies")
	case s.ActionDetail != nil:
		return rejected("provider goes with the action CUSTOM only")
	}
	for _, r := range s.Rules {
		for _, c := range r.When {
			if c.Key == "" || len(c.Values)+len(c.NotValues) == 0 {
				return rejected("a condition takes a key, and values or notValues")
			}
		}
		for _, f := range r.From {
			if f.Source == nil {
				return rejected("an entry of from lacks the field source")
			}
		}
		for _, t := range r.To {
			if t.Operation == nil {
				return rejected("an entry of to lacks the field operation")
			}
		}
	}
	return nil
}

func validateRequestAuthentication(_ *target.Target, s *security.RequestAuthentication) []Violation {
	if len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0 {
		return wholeNamespace()
	}
	for _, r := range s.JwtRules {
		if r.Issuer == "" && r.JwksUri == "" {
			return rejected("a rule of jwtRules takes issuer or jwksUri")
		}
	}
	return nil
}

func validateTelemetry(_ *target.Target, s *telemetry.Telemetry) []Violation {
	if len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0 {
		return wholeNamespace()
	}
	if len(s.Tracing) > 1 {
		return rejected("more than one entry of tracing is not for Istio")
	}
	for _, t := range s.Tracing {
		if sampling := t.RandomSamplingPercentage.GetValue(); sampling < 0 || sampling > 100 {
			return rejected("randomSamplingPercentage is 0 to 100")
		}
	}
	for _, m := range s.Metrics {
		for _, o := range m.Overrides {
			for name, tag := range o.TagOverrides {
				remove := tag.Operation == telemetry.MetricsOverrides_TagOverride_REMOVE
				if name == "" || remove == (tag.Value != "") {
					return rejected("a tag takes a name, and a value unless it is removed")
				}
			}
		}
	}
	return nil
}
