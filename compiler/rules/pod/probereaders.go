package pod

import (
	"cmp"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// probeReaderRules are the rules of this file.
var probeReaderRules = rules.Set{
	Container: []func(*target.Target, ir.Container) diag.List{checkProbeReaders},
}

// checkProbeReaders reports what a probe says that the target's controllers do
// not read: the webhook accepts it, and the revision is probed in another way
// or gets no Deployment.
func checkProbeReaders(t *target.Target, c ir.Container) (diags diag.List) {
	n, p := c.Node.Field("probes"), c.Spec.Probes
	if readiness := p.Readiness; readiness != nil && c.Role == ir.Sidecar && len(readiness.Exec) > 0 {
		diags.Add(rules.RequireReader(t, n.Field("readiness").Field("exec"), target.SidecarReadinessExec,
			"a revision with such a sidecar gets no Deployment")...)
	}
	if c.Role != ir.Serving {
		return diags
	}
	for _, probe := range []struct {
		name, reading string
		spec          *schema.Probe
	}{{"readiness", target.ReadinessPort, p.Readiness}, {"liveness", target.LivenessPort, p.Liveness}} {
		if probe.spec == nil || !hasOwnPort(c, probe.spec) {
			continue
		}
		diags.Add(rules.RequireReader(t, n.Field(probe.name).Field("port"), probe.reading,
			"they probe the port of the app instead")...)
	}
	return diags
}

// hasOwnPort reports whether a probe by HTTP or TCP has a port of its own.
func hasOwnPort(c ir.Container, p *schema.Probe) bool {
	return p.Port != 0 && p.Port != cmp.Or(c.Spec.Port, 8080) && (p.HTTP != nil || p.TCP)
}
