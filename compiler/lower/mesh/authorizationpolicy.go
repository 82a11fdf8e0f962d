package mesh

import (
	"slices"

	security "istio.io/api/security/v1beta1"
	typeapi "istio.io/api/type/v1beta1"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/naming"
)

// AuthorizationPolicies make the policies on who may call the app, and with
// which tokens.
//
// They are denials. Knative's activator, in whose place a request arrives after
// a cold start or a burst, must reach the pods; a policy that admits it admits
// whoever called it. So the pods deny all but the callers and the activator,
// and the activator denies all but the callers, by the revision that the
// request is for. A token comes through the activator as it is, and is required
// at the pods alone. The gateways are strangers like others. Whatever
// Knative's own containers answer themselves is left to them: probes, which
// they recognize by headers, and their ports for metrics.
func (a *App) AuthorizationPolicies() (policies []Object) {
	m := a.Spec.Mesh
	if m == nil {
		return nil
	}
	if len(m.Callers) > 0 {
		policies = append(policies, Object{Name: a.Name + "-callers", Spec: deny(a.selector(), a.denyAtPods())})
		if !a.BypassesActivator() {
			policies = append(policies, Object{
				Name:      a.Namespace + "." + a.Name, // neither has a dot, so that no two apps share one
				Namespace: ir.ServingNamespace,
				Spec:      deny(&typeapi.WorkloadSelector{MatchLabels: map[string]string{"app": "activator"}}, a.denyAtActivator()),
			})
		}
	}
	if rules := a.denyWithoutToken(); rules != nil {
		policies = append(policies, Object{Name: a.Name + "-jwt", Spec: deny(a.selector(), rules)})
	}
	return policies
}

func deny(selector *typeapi.WorkloadSelector, rules []*security.Rule) *security.AuthorizationPolicy {
	return &security.AuthorizationPolicy{Selector: selector, Action: security.AuthorizationPolicy_DENY, Rules: rules}
}

// rule returns a rule on requests from a source, or from all if it is nil, that
// are for one of some operations and meet all conditions.
func rule(from *security.Source, to []*security.Operation, when ...*security.Condition) *security.Rule {
	r := &security.Rule{When: when}
	if from != nil {
		r.From = []*security.Rule_From{{Source: from}}
	}
	for _, o := range to {
		r.To = append(r.To, &security.Rule_To{Operation: o})
	}
	return r
}

func header(name string, values ...string) *security.Condition {
	return &security.Condition{Key: naming.HeaderKey(name), Values: values}
}

func noHeader(name string, values ...string) *security.Condition {
	return &security.Condition{Key: naming.HeaderKey(name), NotValues: values}
}

// probeHeader is the header in which Knative names the sender of its own requests
// (knative.dev/networking/pkg/http/header).
const probeHeader = "K-Network-Probe"

// ownPorts are ports of queue-proxy beside those for requests: its
// administration, the autoscaler's metrics and the user's.
var ownPorts = []string{drainPort, scrapePort, "9091"}

const (
	drainPort  = "8022" // kubelet's alone: a request starts the drain
	scrapePort = "9090" // the autoscaler's alone
)

// servingPorts are the ports of queue-proxy for requests, one a protocol.
func (a *App) servingPorts() (ports []string) {
	protocols := map[string]bool{}
	for _, r := range a.Revisions {
		protocols[r.Spec.Protocol] = true
		protocols["h2c"] = protocols["h2c"] || r.Spec.Existing != ""
	}
	if protocols[""] || protocols["http1"] {
		ports = append(ports, "8012")
	}
	if protocols["h2c"] {
		ports = append(ports, "8013")
	}
	return ports
}

// each is operations with a change.
func each(operations []*security.Operation, change func(*security.Operation)) (changed []*security.Operation) {
	for _, o := range operations {
		o = o.DeepCopy()
		change(o)
		changed = append(changed, o)
	}
	return changed
}

// exceptProbes are rules at the pods on operations from a source, less the
// probes that queue-proxy answers itself, whatever their path: the gateway's
// ("probe") and, of kubelet and activator alone, its own ("queue"). With that
// value but another agent a request would go on to the app
// (knative.dev/pkg/network/handlers, Drainer), and so it would by another port
// whatever its headers.
func (a *App) exceptProbes(from *security.Source, operations []*security.Operation, when ...*security.Condition) []*security.Rule {
	ports := a.servingPorts()
	serving := each(operations, func(o *security.Operation) { o.Ports = ports })
	elsewhere := each(operations, func(o *security.Operation) { o.NotPorts = slices.Concat(ports, ownPorts) })
	return []*security.Rule{
		rule(from, elsewhere, when...),
		rule(from, serving, slices.Concat(when, []*security.Condition{noHeader(probeHeader, "probe", "queue")})...),
		rule(from, serving, slices.Concat(when, []*security.Condition{header(probeHeader, "queue"), noHeader("User-Agent", "kube-probe/*", "Knative-Activator-Probe*")})...),
	}
}
