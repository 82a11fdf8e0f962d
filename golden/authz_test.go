package golden_test

import (
	"encoding/json"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/require"
	security "istio.io/api/security/v1beta1"

	"github.com/belay-sh/belay/internal/ir"
)

// A policySet is the security objects of a bundle.
type policySet struct {
	peer      []policy[*security.PeerAuthentication]
	request   []policy[*security.RequestAuthentication]
	authorize []policy[*security.AuthorizationPolicy]
	paths     []policy[pathFilter]
}

// A pathFilter is what an EnvoyFilter rejects: paths that an expression matches,
// at some ports.
type pathFilter struct {
	ports []string
	regex *regexp.Regexp
}

type policy[T any] struct {
	namespace string
	selector  map[string]string
	spec      T
}

// A workload is what policies select: pods.
type workload struct {
	namespace string
	labels    map[string]string
}

// A hop is a request as it arrives at the sidecar of a workload.
type hop struct {
	at        workload
	principal string // of the peer's certificate; "" for plain text
	port      string
	method    string
	path      string
	host      string
	headers   map[string][]string
	issuer    string // of its token, which is good; "" for none
	badToken  bool
	tcp       bool // the sidecar takes it for TCP: there is no method, path, host, header or token to see
}

func readPolicies(t *testing.T, objects []ir.Object) (set policySet) {
	t.Helper()
	for _, o := range objects {
		var body struct{ Spec json.RawMessage }
		require.NoError(t, json.Unmarshal(o.JSON, &body))
		switch o.Kind {
		case "PeerAuthentication":
			spec := &security.PeerAuthentication{}
			require.NoError(t, json.Unmarshal(body.Spec, spec))
			set.peer = append(set.peer, policy[*security.PeerAuthentication]{o.Namespace, spec.Selector.GetMatchLabels(), spec})
		case "RequestAuthentication":
			spec := &security.RequestAuthentication{}
			require.NoError(t, json.Unmarshal(body.Spec, spec))
			set.request = append(set.request, policy[*security.RequestAuthentication]{o.Namespace, spec.Selector.GetMatchLabels(), spec})
		case "AuthorizationPolicy":
			spec := &security.AuthorizationPolicy{}
			require.NoError(t, json.Unmarshal(body.Spec, spec))
			set.authorize = append(set.authorize, policy[*security.AuthorizationPolicy]{o.Namespace, spec.Selector.GetMatchLabels(), spec})
		case "EnvoyFilter":
			set.paths = append(set.paths, readPathFilter(t, o.Namespace, body.Spec)...)
		}
	}
	return set
}

// readPathFilter reads the filters of an EnvoyFilter that are Envoy's own RBAC.
func readPathFilter(t *testing.T, namespace string, data []byte) (found []policy[pathFilter]) {
	t.Helper()
	var spec struct {
		WorkloadSelector struct{ Labels map[string]string }
		ConfigPatches    []struct {
			Match struct {
				Context  string
				Listener struct{ PortNumber int }
			}
			Patch struct {
				Value struct {
					TypedConfig struct {
						TypeURL string `json:"type_url"`
						Value   struct {
							Rules struct {
								Action   string
								Policies map[string]struct {
									Permissions []struct {
										URLPath struct {
											Path struct {
												SafeRegex struct{ Regex string } `json:"safe_regex"`
											}
										} `json:"url_path"`
									}
									Principals []struct{ Any bool }
								}
							}
						}
					} `json:"typed_config"`
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(data, &spec))
	for _, p := range spec.ConfigPatches {
		config := p.Patch.Value.TypedConfig
		if !strings.HasSuffix(config.TypeURL, "rbac.v3.RBAC") {
			continue
		}
		require.Equal(t, "SIDECAR_INBOUND", p.Match.Context)
		require.Equal(t, "DENY", config.Value.Rules.Action)
		for _, rejected := range config.Value.Rules.Policies {
			require.Len(t, rejected.Principals, 1)
			require.True(t, rejected.Principals[0].Any)
			for _, permission := range rejected.Permissions {
				found = append(found, policy[pathFilter]{namespace, spec.WorkloadSelector.Labels, pathFilter{
					ports: []string{strconv.Itoa(p.Match.Listener.PortNumber)},
					regex: regexp.MustCompile("^(?:" + permission.URLPath.Path.SafeRegex.Regex + ")$"),
				}})
			}
		}
	}
	return found
}

// selects reports whether the policy is one of the workload's: of its
// namespace or of the root namespace, with labels that it has.
func (p policy[T]) selects(w workload) bool {
	if p.namespace != w.namespace && p.namespace != "istio-system" {
		return false
	}
	for k, v := range p.selector {
		if w.labels[k] != v {
			return false
		}
	}
	return true
}

// admits reports whether a workload's sidecar lets a request through, by
// Istio's rules (https://istio.io/latest/docs/reference/config/security/
// authorization-policy; pilot/pkg/security/authz/model is what they become):
// mTLS first, then tokens, then policies: refused if one with CUSTOM says so,
// or a rule of one with DENY matches; admitted if there is none with ALLOW, or
// a rule of one with ALLOW matches.
func (s policySet) admits(h hop) bool {
	for _, p := range s.peer {
		if p.selects(h.at) && p.spec.Mtls.GetMode() == security.PeerAuthentication_MutualTLS_STRICT && h.principal == "" {
			return false
		}
	}
	for _, p := range s.request {
		if p.selects(h.at) && h.badToken && !h.tcp {
			return false
		}
	}
	for _, p := range s.paths {
		if p.selects(h.at) && !h.tcp && slices.Contains(p.spec.ports, h.port) && p.spec.regex.MatchString(h.path) {
			return false
		}
	}
	allows, allowed := false, false
	for _, p := range s.authorize {
		if !p.selects(h.at) {
			continue
		}
		matches := slices.ContainsFunc(p.spec.Rules, func(r *security.Rule) bool { return ruleMatches(r, h, p.spec.Action) })
		switch p.spec.Action {
		case security.AuthorizationPolicy_CUSTOM:
			if matches {
				return false // an external service would be asked; here it refuses
			}
		case security.AuthorizationPolicy_DENY:
			if matches {
				return false
			}
		case security.AuthorizationPolicy_ALLOW:
			allows, allowed = true, allowed || matches
		}
	}
	return !allows || allowed
}

// admitsAll reports whether a request gets through all of its hops.
func (s policySet) admitsAll(hops []hop) bool {
	return !slices.ContainsFunc(hops, func(h hop) bool { return !s.admits(h) })
}

// ruleMatches reports whether a rule matches: one of its sources, one of its
// operations and all of its conditions do; no sources or operations are all.
func ruleMatches(r *security.Rule, h hop, action security.AuthorizationPolicy_Action) bool {
	m := matcher{h, action == security.AuthorizationPolicy_ALLOW}
	from := len(r.From) == 0 || slices.ContainsFunc(r.From, func(f *security.Rule_From) bool { return m.source(f.Source) })
	to := len(r.To) == 0 || slices.ContainsFunc(r.To, func(t *security.Rule_To) bool { return m.operation(t.Operation) })
	return from && to && !slices.ContainsFunc(r.When, func(c *security.Condition) bool { return !m.condition(c) })
}

type matcher struct {
	hop
	allow bool
}

func (m matcher) source(s *security.Source) bool {
	namespace := ""
	if _, after, ok := strings.Cut(m.principal, "/ns/"); ok {
		namespace, _, _ = strings.Cut(after, "/")
	}
	return m.field(m.principal, s.Principals, s.NotPrincipals) &&
		m.field(namespace, s.Namespaces, s.NotNamespaces) &&
		m.http(m.requestPrincipal(), s.RequestPrincipals, s.NotRequestPrincipals)
}

func (m matcher) requestPrincipal() string {
	if m.issuer == "" {
		return ""
	}
	return m.issuer + "/somebody"
}

func (m matcher) operation(o *security.Operation) bool {
	return m.field(m.port, o.Ports, o.NotPorts) &&
		m.http(m.method, o.Methods, o.NotMethods) &&
		m.http(m.path, o.Paths, o.NotPaths) &&
		m.http(strings.ToLower(m.host), o.Hosts, o.NotHosts)
}

func (m matcher) condition(c *security.Condition) bool {
	switch c.Key {
	case "request.auth.claims[iss]":
		return m.http(m.issuer, c.Values, c.NotValues)
	case "request.headers[:authority]":
		return m.http(m.host, c.Values, c.NotValues)
	}
	name, ok := strings.CutPrefix(c.Key, "request.headers[")
	if !ok {
		panic("no condition of this corpus is on " + c.Key)
	}
	name = strings.TrimSuffix(name, "]")
	for key, values := range m.headers {
		if strings.EqualFold(key, name) {
			// Envoy joins a header that stands twice. One that is empty is there.
			return m.http(strings.Join(values, ","), c.Values, c.NotValues)
		}
	}
	return m.http("", c.Values, c.NotValues)
}

// http is field for what only HTTP has. On a TCP connection such a field is
// dropped from a rule that refuses, which then refuses more, and voids a rule
// that admits.
func (m matcher) http(value string, values, notValues []string) bool {
	if m.tcp {
		return !m.allow || len(values)+len(notValues) == 0
	}
	return m.field(value, values, notValues)
}

// field reports whether a value is one of values, if there are any, and none
// of notValues. What a request does not have is "", which nothing matches.
func (m matcher) field(value string, values, notValues []string) bool {
	is := func(pattern string) bool { return matchesText(value, pattern) }
	return (len(values) == 0 || slices.ContainsFunc(values, is)) && !slices.ContainsFunc(notValues, is)
}

func matchesText(value, pattern string) bool {
	switch {
	case value == "":
		return false
	case pattern == "*":
		return true
	case strings.HasPrefix(pattern, "*"):
		return strings.HasSuffix(value, pattern[1:])
	case strings.HasSuffix(pattern, "*"):
		return strings.HasPrefix(value, pattern[:len(pattern)-1])
	}
	return value == pattern
}
