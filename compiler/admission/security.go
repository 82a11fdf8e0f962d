package admission

import (
	"maps"
	"slices"

	security "istio.io/api/security/v1beta1"
	telemetry "istio.io/api/telemetry/v1alpha1"

	"github.com/belay-sh/belay/internal/target"
)

const securityGroup = "security.istio.io"

// securityKinds are Istio's policies, and telemetry.
var securityKinds = []kind{
	ofIstio(securityGroup, "PeerAuthentication", validatePeerAuthentication),
	ofIstio(securityGroup, "AuthorizationPolicy", validateAuthorizationPolicy),
	ofIstio(securityGroup, "RequestAuthentication", validateRequestAuthentication),
	ofIstio("telemetry.istio.io", "Telemetry", validateTelemetry),
}

// The functions below validate these kinds, as those of networking.go do for
// routing.

func validatePeerAuthentication(_ *target.Target, s *security.PeerAuthentication) []Violation {
	var r report
	switch selects := len(s.Selector.GetMatchLabels()) > 0; {
	case !selects && len(s.PortLevelMtls) > 0:
		r.rejects("spec.portLevelMtls", "portLevelMtls needs a selector")
	case !selects:
		r.wholeNamespace("spec.selector")
	}
	for _, port := range slices.Sorted(maps.Keys(s.PortLevelMtls)) {
		if port == 0 || port > 65535 {
			r.rejects(pathf("spec.portLevelMtls.%d", port), "the port %d is not between 1 and 65535", port)
		}
	}
	return r
}

// validateAuthorizationPolicy also reports a policy that does not deny. One that
// allows keeps out Knative's activator, autoscaler and probes if it does not name
// them; if it does, it admits whoever comes through the activator.
func validateAuthorizationPolicy(_ *target.Target, s *security.AuthorizationPolicy) []Violation {
	var r report
	if len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0 {
		r.wholeNamespace("spec.selector")
	}
	switch {
	case s.Action != security.AuthorizationPolicy_DENY:
		r.interferes("spec.action", "it no longer denies: a policy of another action rejects Knative's own requests, or admits whoever comes through the activator")
	case len(s.Rules) == 0:
		r.interferes("spec.rules", "a denial without rules never denies")
	}
	if s.ActionDetail != nil && s.Action != security.AuthorizationPolicy_CUSTOM {
		r.rejects("spec.provider", "provider can be set only with the action CUSTOM")
	}
	for i, rule := range s.Rules {
		validateRule(&r, pathf("spec.rules[%d]", i), rule)
	}
	return r
}

func validateRule(r *report, path string, s *security.Rule) {
	for i, c := range s.When {
		if c.Key == "" || len(c.Values)+len(c.NotValues) == 0 {
			r.rejects(path+pathf(".when[%d]", i), "a condition needs a key, and values or notValues")
		}
	}
	for i, f := range s.From {
		if f.Source == nil {
			r.rejects(path+pathf(".from[%d]", i), "an entry of from lacks the field source")
		}
	}
	for i, t := range s.To {
		if t.Operation == nil {
			r.rejects(path+pathf(".to[%d]", i), "an entry of to lacks the field operation")
		}
	}
}

func validateRequestAuthentication(_ *target.Target, s *security.RequestAuthentication) []Violation {
	var r report
	if len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0 {
		r.wholeNamespace("spec.selector")
	}
	for i, rule := range s.JwtRules {
		if rule.Issuer == "" && rule.JwksUri == "" {
			r.rejects(pathf("spec.jwtRules[%d]", i), "an entry of jwtRules needs issuer or jwksUri")
		}
	}
	return r
}

func validateTelemetry(_ *target.Target, s *telemetry.Telemetry) []Violation {
	var r report
	if len(s.Selector.GetMatchLabels()) == 0 && len(s.TargetRefs) == 0 {
		r.wholeNamespace("spec.selector")
	}
	if len(s.Tracing) > 1 {
		r.rejects("spec.tracing", "Istio reads only one entry of tracing")
	}
	for i, t := range s.Tracing {
		if sampling := t.RandomSamplingPercentage.GetValue(); sampling < 0 || sampling > 100 {
			r.rejects(pathf("spec.tracing[%d].randomSamplingPercentage", i), "randomSamplingPercentage is %v, not between 0 and 100", sampling)
		}
	}
	for i, m := range s.Metrics {
		for j, o := range m.Overrides {
			path := pathf("spec.metrics[%d].overrides[%d].tagOverrides", i, j)
			for _, name := range slices.Sorted(maps.Keys(o.TagOverrides)) {
				tag := o.TagOverrides[name]
				remove := tag.Operation == telemetry.MetricsOverrides_TagOverride_REMOVE
				if name == "" || remove == (tag.Value != "") {
					r.rejects(path+"."+name, "a tag needs a name, and a value unless its operation is REMOVE")
				}
			}
		}
	}
	return r
}
