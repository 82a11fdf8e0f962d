package cluster

import (
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// gatewayRules are the rules of this file.
var gatewayRules = rules.Set{
	DependsOn: map[diag.Code][]string{
		diag.MixedGateways: {rules.WholeTarget, "visibility", "domains"},
	},
}

// checkGateways reports keys of config-istio that the target's net-istio does
// not read, and a mixture of its two formats, with which it does not start
// (knative-extensions/net-istio, pkg/reconciler/ingress/config/istio.go).
func checkGateways(t *target.Target, config *ir.Node) (diags diag.List) {
	var former, current *ir.Node
	for _, n := range config.Fields() {
		switch n.Name {
		case target.ExternalGatewaysKey, target.LocalGatewaysKey:
			if !t.GatewayLists() {
				diags.Add(n.KeyErrorf(diag.UnknownSetting, "config-istio of Knative %s has no key %s; it came with %s", t.Knative, n.Name, target.GatewayListsSince).
					WithHint(`write %q`, formerGatewayKeys[n.Name]))
				continue
			}
			if err := t.GatewayListError(n.Name); err != nil {
				diags.Add(n.KeyErrorf(diag.InvalidSetting, "net-istio rejects these %s: %v", n.Name, err))
			}
			if n.Text != "" { // an empty one counts as none
				current = n
			}
		default:
			if !target.IsFormerGatewayKey(n.Name) {
				diags.Add(n.KeyErrorf(diag.UnknownSetting, "config-istio of Knative %s has no key %s", t.Knative, n.Name))
				continue
			}
			if err := t.FormerGatewayError(n.Name); err != nil {
				diags.Add(n.Errorf(diag.InvalidSetting, "%s names no gateway: %v", n.Name, err))
			}
			former = n
		}
	}
	if former == nil || current == nil {
		return diags
	}
	if former.At.Compare(current.At) > 0 {
		former, current = current, former
	}
	diags.Add(current.KeyErrorf(diag.MixedGateways, "%s and %s are of two formats, and net-istio takes one of them", former.Name, current.Name).
		WithRelated(former.Key, "the other format"))
	return diags
}

// formerGatewayKeys is how the lists of gateways were written before.
var formerGatewayKeys = map[string]string{
	"external-gateways": "gateway.knative-serving.knative-ingress-gateway",
	"local-gateways":    "local-gateway.knative-serving.knative-local-gateway",
}
