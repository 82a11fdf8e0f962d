package mesh

import (
	"cmp"
	"slices"
	"strconv"
	"time"

	"google.golang.org/protobuf/types/known/structpb"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// EnvoyFilters make the limit on the requests that a pod takes, Envoy's local
// rate limit, and the rejection of paths that the mesh and the app may read
// differently: at the ports of queue-proxy that requests come to.
func (a *App) EnvoyFilters() (filters []Object) {
	m := a.Spec.Mesh
	if m == nil {
		return nil
	}
	if m.RateLimit != nil {
		filters = append(filters, a.httpFilter("rate-limit", localRateLimit(m.RateLimit.Requests, cmp.Or(m.RateLimit.Per, "1s"))))
	}
	if namesPaths(m) && a.Target.Mesh.PathNormalization != target.DecodeAndMergeSlashes {
		filters = append(filters, a.httpFilter("paths", rejectAmbiguousPaths(a.Target)))
	}
	return filters
}

// namesPaths reports whether what is admitted depends on the path.
func namesPaths(m *schema.Mesh) bool {
	return slices.ContainsFunc(m.Callers, func(c schema.Caller) bool { return len(c.Paths) > 0 }) ||
		slices.ContainsFunc(m.JWT, func(j schema.JWT) bool { return j.Required() && len(j.Except) > 0 })
}

// httpFilter makes an EnvoyFilter with a filter of HTTP requests to the pods.
func (a *App) httpFilter(name string, filter *structpb.Struct) Object {
	spec := &networking.EnvoyFilter{
		WorkloadSelector: &networking.WorkloadSelector{Labels: a.selector().MatchLabels},
		Priority:         10, // without one, filters of others may come in any order (IST0151)
	}
	for _, port := range a.servingPorts() {
		number, err := strconv.ParseUint(port, 10, 32)
		if err != nil {
			panic("belay internal: port " + port)
		}
		spec.ConfigPatches = append(spec.ConfigPatches, &networking.EnvoyFilter_EnvoyConfigObjectPatch{
			ApplyTo: networking.EnvoyFilter_HTTP_FILTER,
			Match: &networking.EnvoyFilter_EnvoyConfigObjectMatch{
				Context: networking.EnvoyFilter_SIDECAR_INBOUND,
				ObjectTypes: &networking.EnvoyFilter_EnvoyConfigObjectMatch_Listener{Listener: &networking.EnvoyFilter_ListenerMatch{
					PortNumber: uint32(number),
					FilterChain: &networking.EnvoyFilter_ListenerMatch_FilterChainMatch{
						Filter: &networking.EnvoyFilter_ListenerMatch_FilterMatch{Name: "envoy.filters.network.http_connection_manager"},
					},
				}},
			},
			Patch: &networking.EnvoyFilter_Patch{Operation: networking.EnvoyFilter_Patch_INSERT_BEFORE, Value: filter},
		})
	}
	return Object{Name: a.Name + "-" + name, Spec: spec}
}

// ambiguousPath is what Istio leaves in a path as it is and an app may read as
// something else: an encoded slash, backslash or percent sign, a parameter of a
// segment, and two slashes (istio.io/docs, Authorization policy normalization).
const ambiguousPath = `(?i).*(%2f|%5c|%25|;|//).*`

// rejectAmbiguousPaths is a filter of Envoy's (envoy/extensions/filters/http/
// rbac/v3): the patterns of an AuthorizationPolicy cannot ask for a text in the
// middle.
func rejectAmbiguousPaths(t *target.Target) *structpb.Struct {
	regex := map[string]any{"regex": ambiguousPath}
	if t.NamesRegexEngine() {
		regex["google_re2"] = map[string]any{}
	}
	return typedFilter(objectmeta.Prefix+"paths", "envoy.extensions.filters.http.rbac.v3.RBAC", map[string]any{
		"rules": map[string]any{
			"action": "DENY",
			"policies": map[string]any{"ambiguous-path": map[string]any{
				"permissions": []any{map[string]any{"url_path": map[string]any{"path": map[string]any{"safe_regex": regex}}}},
				"principals":  []any{map[string]any{"any": true}},
			}},
		},
	})
}

// localRateLimit is a filter of Envoy's (envoy/extensions/filters/http/
// local_ratelimit/v3).
func localRateLimit(requests int64, per string) *structpb.Struct {
	always := map[string]any{"default_value": map[string]any{"numerator": 100, "denominator": "HUNDRED"}}
	return typedFilter("envoy.filters.http.local_ratelimit", "envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit", map[string]any{
		"stat_prefix": "http_local_rate_limiter",
		"token_bucket": map[string]any{
			"max_tokens":      requests,
			"tokens_per_fill": requests,
			"fill_interval":   seconds(per),
		},
		"filter_enabled":  always,
		"filter_enforced": always,
	})
}

// typedFilter is a filter of Envoy's, in a form that does not need its Go types.
func typedFilter(name, messageType string, config map[string]any) *structpb.Struct {
	value, err := structpb.NewStruct(map[string]any{
		"name": name,
		"typed_config": map[string]any{
			"@type":    "type.googleapis.com/udpa.type.v1.TypedStruct",
			"type_url": "type.googleapis.com/" + messageType,
			"value":    config,
		},
	})
	if err != nil {
		panic("belay internal: filter " + name + ": " + err.Error())
	}
	return value
}

// seconds returns a duration as the JSON of protocol buffers has it. The duration
// is valid: check has reported others.
func seconds(s string) string {
	d, _ := time.ParseDuration(s)
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}
