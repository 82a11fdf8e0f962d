package pod

import (
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// probeRules are the rules of this file.
var probeRules = rules.Set{
	Container: []func(*target.Target, ir.Container) diag.List{checkProbes},
	DependsOn: map[diag.Code][]string{
		diag.InvalidProbe: {rules.TargetKnative, "period", "timeout", "failures"},
	},
}

// checkProbes validates the probes of a container as the webhook does, and
// Kubernetes after it (knative.dev/serving/pkg/apis/serving/k8s_validation.go,
// validateProbe and validateReadinessProbe).
func checkProbes(t *target.Target, c ir.Container) (diags diag.List) {
	n := c.Node.Field("probes")
	if n == nil {
		return nil
	}
	if c.Role == ir.Init {
		return diag.List{n.KeyErrorf(diag.InitProbe, "an init container runs to its end and has no probes")}
	}
	if c.Role == ir.Sidecar {
		diags.Add(rules.RequireFlag(t, n, "multi-container-probing")...)
	}
	p := c.Spec.Probes
	for _, probe := range []struct {
		name string
		spec *schema.Probe
	}{{"readiness", p.Readiness}, {"liveness", p.Liveness}, {"startup", p.Startup}} {
		if probe.spec != nil {
			diags.Add(checkProbe(c, n.Field(probe.name), probe.spec)...)
		}
	}
	return diags
}

func checkProbe(c ir.Container, n *ir.Node, p *schema.Probe) (diags diag.List) {
	if p.HTTP != nil && !strings.HasPrefix(*p.HTTP, "/") {
		diags.Add(n.Field("http").Errorf(diag.InvalidPath, "http is %q; it takes a path that starts with '/'", *p.HTTP))
	}
	if h := n.Field("headers"); h != nil && p.HTTP == nil {
		diags.Add(h.KeyErrorf(diag.MisplacedField, "headers go with http only"))
	}
	if port := n.Field("port"); port != nil && len(p.Exec) > 0 {
		diags.Add(port.KeyErrorf(diag.MisplacedField, "port does not go with exec"))
	}
	if c.Role == ir.Sidecar && p.Port == 0 && len(p.Exec) == 0 {
		diags.Add(n.KeyErrorf(diag.MissingField, "%s lacks the field port: a container beside the app's has none to fall back on", n.Name))
	}
	if n.Name != "readiness" && p.Successes != nil && *p.Successes != 1 {
		diags.Add(n.Field("successes").Errorf(diag.InvalidProbe, "successes is %d; for %s Kubernetes takes only 1", *p.Successes, n.Name))
	}
	return append(diags, checkPeriod(n, p)...)
}

// checkPeriod validates the numbers of a probe together: without a period,
// readiness is Knative's own fast probing, which has neither failures nor a
// timeout.
func checkPeriod(n *ir.Node, p *schema.Probe) (diags diag.List) {
	fast := p.Period == nil || *p.Period == 0
	for _, f := range []struct {
		name  string
		value *int32
	}{{"failures", p.Failures}, {"timeout", p.Timeout}} {
		switch {
		case f.value == nil:
		case n.Name == "readiness" && fast && *f.value != 0:
			diags.Add(n.Field(f.name).KeyErrorf(diag.InvalidProbe, "%s of a readiness probe without a period: that is Knative's own fast probing, which has none", f.name).
				WithHint("set period as well, 10 say"))
		case !fast && *f.value == 0:
			diags.Add(n.Field(f.name).Errorf(diag.InvalidProbe, "%s is 0; with a period it takes at least 1", f.name))
		}
	}
	return diags
}
