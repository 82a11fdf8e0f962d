package lower

import (
	"errors"

	security "istio.io/api/security/v1beta1"
	telemetry "istio.io/api/telemetry/v1alpha1"
)

// The rules of Istio's webhook on policies that a patch can break
// (istio.io/istio/pkg/config/validation), and what an app's own policies may
// not become.

// errWholeNamespace is said of an object that selects no pods: of such a
// namespace has one of each kind, which is not an app's to write (IST0111,
// IST0160).
var errWholeNamespace = errors.New("without a selector it is for the whole namespace, not for the app")

func refusePeerAuthentication(s *security.PeerAuthentication) error {
	if len(s.Selector.GetMatchLabels()) == 0 {
		if len(s.PortLevelMtls) > 0 {
			return errors.New("portLevelMtls goes with a selector only")
		}
		return errWholeNamespace
	}
	for port := range s.PortLevelMtls {
		if port == 0 || port > 65535 {
			return errors.New("a port of portLevelMtls is not 1 to 65535")
		}
	}
	return nil
}

// refuseAuthorizationPolicy also keeps a policy a denial. One that allows shuts
// out Knative's activator, autoscaler and probes, if it does not name them, and
// if it does, lets in whoever comes through the activator.
func refuseAuthorizationPolicy(s *security.AuthorizationPolicy) error {
	switch {
	case len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0:
		return errWholeNamespace
	case s.Action != security.AuthorizationPolicy_DENY:
		return errors.New("it no longer denies: what it does not allow, Knative's own requests among it, is refused, and what comes through the activator is the activator's")
	case len(s.Rules) == 0:
		return errors.New("a denial without rules never denies")
	case s.ActionDetail != nil:
		return errors.New("provider goes with the action CUSTOM only")
	}
	for _, r := range s.Rules {
		for _, c := range r.When {
			if c.Key == "" || len(c.Values)+len(c.NotValues) == 0 {
				return errors.New("a condition takes a key, and values or notValues")
			}
		}
		for _, f := range r.From {
			if f.Source == nil {
				return errors.New("an entry of from lacks the field source")
			}
		}
		for _, t := range r.To {
			if t.Operation == nil {
				return errors.New("an entry of to lacks the field operation")
			}
		}
	}
	return nil
}

func refuseRequestAuthentication(s *security.RequestAuthentication) error {
	if len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0 {
		return errWholeNamespace
	}
	for _, r := range s.JwtRules {
		if r.Issuer == "" && r.JwksUri == "" {
			return errors.New("a rule of jwtRules takes issuer or jwksUri")
		}
	}
	return nil
}

func refuseTelemetry(s *telemetry.Telemetry) error {
	if len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0 {
		return errWholeNamespace
	}
	if len(s.Tracing) > 1 {
		return errors.New("more than one entry of tracing is not for Istio")
	}
	for _, t := range s.Tracing {
		if sampling := t.RandomSamplingPercentage.GetValue(); sampling < 0 || sampling > 100 {
			return errors.New("randomSamplingPercentage is 0 to 100")
		}
	}
	for _, m := range s.Metrics {
		for _, o := range m.Overrides {
			for name, tag := range o.TagOverrides {
				remove := tag.Operation == telemetry.MetricsOverrides_TagOverride_REMOVE
				if name == "" || remove == (tag.Value != "") {
					return errors.New("a tag takes a name, and a value unless it is removed")
				}
			}
		}
	}
	return nil
}
