package mesh

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/spelling"
	"github.com/belay-sh/belay/internal/target"
)

// resilienceRules are the rules of this file.
var resilienceRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkNeedsDomain, checkNeedsGateway, checkHostRules, checkRetries, checkMeshTimes, checkFault},
	DependsOn: map[diag.Code][]string{
		diag.GatewayRequired: {rules.WholeTarget, "visibility", "domains"},
		diag.RetriesOff:      {"attempts", "retries"},
		diag.UnknownHost:     {"strategy", "revisions", "existing", rules.WholeTarget},
	},
}

// checkNeedsDomain reports fields that need a VirtualService in front of
// Knative, on an app without a domain for one.
func checkNeedsDomain(_ *target.Target, a *ir.App) (diags diag.List) {
	if a.Spec.Mesh == nil || len(a.Spec.Domains) > 0 {
		return nil
	}
	mesh := a.Node.Field("mesh")
	for _, n := range []*ir.Node{mesh.Field("fault"), mesh.Field("resilience").Field("retries"), mesh.Field("resilience").Field("timeout")} {
		if n != nil {
			diags.Add(n.KeyErrorf(diag.DomainRequired, "%s needs domains of the app's own; Knative's routing does not have it", n.Name).
				WithHint("domains: [%q]", a.Name+".example.com"))
		}
	}
	return diags
}

// checkNeedsGateway reports an app with a VirtualService in front of Knative
// at a target without gateways: it would be bound to none, or lead to none. The
// error is at the first field that needs one.
func checkNeedsGateway(t *target.Target, a *ir.App) diag.List {
	setting := t.GatewaySetting(a.RouteLabels())
	if !a.HasVirtualService() || setting == "" {
		return nil
	}
	var first *ir.Node
	for _, n := range virtualServiceFields(a) {
		if n != nil && (first == nil || n.Key.Compare(first.Key) < 0) {
			first = n
		}
	}
	d := first.KeyErrorf(diag.GatewayRequired, "%s needs a gateway in front of app %q, and %s of the target is empty", first.Name, a.Name, setting)
	if n := a.Node.Root().Find("target", "config", "istio").Field(setting); n != nil {
		d = d.WithRelated(n.Key, "%s", setting)
	}
	return diag.List{d.WithHint("leave %s out, or list a gateway there: target: config: istio: %q", first.Name, setting)}
}

// virtualServiceFields are the fields that a VirtualService in front of Knative serves;
// nil for those that the app does not have.
func virtualServiceFields(a *ir.App) (fields []*ir.Node) {
	for _, r := range a.Revisions {
		if r.ID != "" {
			n := r.Written
			fields = append(fields, n.Field("match"), n.Field("mirror"))
		}
	}
	mesh := a.Node.Field("mesh")
	return append(fields, mesh.Field("fault"), mesh.Field("resilience").Field("retries"), mesh.Field("resilience").Field("timeout"))
}

// checkHostRules reports rules on the hosts of revisions whose names only the
// cluster knows: it numbers all revisions but named ones.
func checkHostRules(_ *target.Target, a *ir.App) (diags diag.List) {
	if a.Spec.Mesh == nil || a.Spec.Strategy == "service" {
		return nil
	}
	resilience := a.Node.Field("mesh").Field("resilience")
	for _, n := range []*ir.Node{resilience.Field("connectionPool"), resilience.Field("outlier")} {
		if n != nil {
			diags.Add(n.KeyErrorf(diag.UnknownHost, "%s is about the hosts of revisions, and the cluster names those of app %q; on the app's own host a rule has no effect", n.Name, a.Name).
				WithHint("declare revisions, with strategy: \"service\": belay names those"))
		}
	}
	return diags
}

// retryConditions are Envoy's conditions for another try, beside status codes
// (istio.io/istio/pkg/config/validation/validation.go, supportedRetryOnPolicies).
var retryConditions = []string{
	"5xx", "cancelled", "connect-failure", "deadline-exceeded", "envoy-ratelimited", "gateway-error",
	"http3-post-connect-failure", "internal", "refused-stream", "reset", "reset-before-request", "resource-exhausted",
	"retriable-4xx", "retriable-headers", "retriable-status-codes", "unavailable",
}

// checkRetries validates retries as Istio does (validateHTTPRetry).
func checkRetries(_ *target.Target, a *ir.App) (diags diag.List) {
	n := a.Node.Field("mesh").Field("resilience").Field("retries")
	if n == nil {
		return nil
	}
	if attempts := n.Field("attempts"); attempts.Text == "0" {
		for _, name := range []string{"perTryTimeout", "on"} {
			if other := n.Field(name); other != nil {
				diags.Add(other.KeyErrorf(diag.RetriesOff, "%s of retries that are off: attempts is 0", name).WithRelated(attempts.At, "attempts"))
			}
		}
	}
	if on := n.Field("on"); on != nil {
		for _, condition := range on.Children {
			status, err := strconv.Atoi(condition.Text)
			if slices.Contains(retryConditions, condition.Text) || err == nil && status >= 100 && status <= 599 {
				continue
			}
			d := condition.Errorf(diag.UnknownValue, "%q is no condition for another try; Envoy has %s, and status codes", condition.Text, diag.Or(retryConditions))
			if near := spelling.Nearest(condition.Text, retryConditions); near != "" {
				d = d.WithHint("did you mean %q?", near)
			}
			diags.Add(d)
		}
	}
	return diags
}

// checkMeshTimes validates durations as Istio does: in whole milliseconds, and
// at least one; and the period of a rate limit as Envoy does
// (istio.io/istio/pkg/config/validation/agent, ValidateDuration).
func checkMeshTimes(_ *target.Target, a *ir.App) (diags diag.List) {
	mesh := a.Node.Field("mesh")
	for _, path := range []string{
		"resilience.connectionPool.connectTimeout", "resilience.outlier.interval", "resilience.outlier.ejectionTime",
		"resilience.retries.perTryTimeout", "resilience.timeout", "fault.delay.duration",
	} {
		n := mesh
		for name := range strings.SplitSeq(path, ".") {
			n = n.Field(name)
		}
		diags.Add(rules.CheckDuration(n, time.Millisecond, 0, time.Millisecond)...)
	}
	return append(diags, rules.CheckDuration(mesh.Field("rateLimit").Field("per"), 50*time.Millisecond, 0, time.Millisecond)...)
}

// checkFault reports a fault that has neither a delay nor an abort.
func checkFault(_ *target.Target, a *ir.App) (diags diag.List) {
	n := a.Node.Field("mesh").Field("fault")
	if n == nil || n.Field("delay") != nil || n.Field("abort") != nil {
		return nil
	}
	return diag.List{n.KeyErrorf(diag.MissingField, "fault lacks the field delay or abort")}
}
