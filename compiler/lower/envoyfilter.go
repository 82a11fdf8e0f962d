package lower

import (
	"cmp"
	"strconv"

	"google.golang.org/protobuf/types/known/structpb"
	networking "istio.io/api/networking/v1alpha3"
)

// envoyFilters make the limit on the requests that a pod takes: Envoy's local
// rate limit, at the ports of queue-proxy that requests come to.
func (b *builder) envoyFilters() {
	m := b.app.Spec.Mesh
	if m == nil || m.RateLimit == nil {
		return
	}
	limit := localRateLimit(m.RateLimit.Requests, cmp.Or(m.RateLimit.Per, "1s"))
	spec := &networking.EnvoyFilter{
		WorkloadSelector: &networking.WorkloadSelector{Labels: b.selector().MatchLabels},
		Priority:         10, // without one, filters of others may come in any order (IST0151)
	}
	for _, port := range b.servingPorts() {
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
			Patch: &networking.EnvoyFilter_Patch{Operation: networking.EnvoyFilter_Patch_INSERT_BEFORE, Value: limit},
		})
	}
	b.istio(networkingGroup, b.meta(b.app.Name+"-rate-limit"), spec)
}

// localRateLimit is a filter of Envoy's (envoy/extensions/filters/http/
// local_ratelimit/v3), in a form that does not ask for its Go types.
func localRateLimit(requests int64, per string) *structpb.Struct {
	always := map[string]any{"default_value": map[string]any{"numerator": 100, "denominator": "HUNDRED"}}
	value, err := structpb.NewStruct(map[string]any{
		"name": "envoy.filters.http.local_ratelimit",
		"typed_config": map[string]any{
			"@type":    "type.googleapis.com/udpa.type.v1.TypedStruct",
			"type_url": "type.googleapis.com/envoy.extensions.filters.http.local_ratelimit.v3.LocalRateLimit",
			"value": map[string]any{
				"stat_prefix": "http_local_rate_limiter",
				"token_bucket": map[string]any{
					"max_tokens":      requests,
					"tokens_per_fill": requests,
					"fill_interval":   seconds(per),
				},
				"filter_enabled":  always,
				"filter_enforced": always,
			},
		},
	})
	if err != nil {
		panic("belay internal: rate limit: " + err.Error())
	}
	return value
}

// seconds is a duration as the JSON of protocol buffers has it.
func seconds(s string) string {
	d := protoDuration(s).AsDuration()
	return strconv.FormatFloat(d.Seconds(), 'f', -1, 64) + "s"
}
