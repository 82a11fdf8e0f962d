package check

import (
	"cmp"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// checkProbeReaders reports what a probe says that the target's controllers do
// not read: the webhook accepts it, and the revision is probed in another way
// or gets no Deployment.
func checkProbeReaders(t *target.Target, c ir.Container) (diags diag.List) {
	n, p := c.Node.Field("probes"), c.Spec.Probes
	if readiness := p.Readiness; readiness != nil && c.Role == ir.Sidecar && len(readiness.Exec) > 0 {
		diags.Add(requireReader(t, n.Field("readiness").Field("exec"), target.SidecarReadinessExec,
			"a revision with such a sidecar gets no Deployment")...)
	}
	if c.Role != ir.Serving {
		return diags
	}
	for _, probe := range []struct {
		name, reading string
		spec          *schema.Probe
	}{{"readiness", target.ReadinessPort, p.Readiness}, {"liveness", target.LivenessPort, p.Liveness}} {
		if probe.spec == nil || !elsewhere(c, probe.spec) {
			continue
		}
		diags.Add(requireReader(t, n.Field(probe.name).Field("port"), probe.reading,
			"they probe the port of the app instead")...)
	}
	return diags
}

// elsewhere reports whether a probe by HTTP or TCP has a port of its own.
func elsewhere(c ir.Container, p *schema.Probe) bool {
	return p.Port != 0 && p.Port != cmp.Or(c.Spec.Port, 8080) && (p.HTTP != nil || p.TCP)
}

// requireReader reports a field that the controllers of the target do not read.
func requireReader(t *target.Target, n *ir.Node, reading, why string) diag.List {
	ok, since, flag := t.Reads(reading)
	switch {
	case ok:
		return nil
	case flag != "":
		return requireFlag(t, n, flag)
	}
	return diag.List{n.KeyErrorf(diag.UnsupportedField, "the controllers of Knative %s do not read %s here; those of %s and newer do; %s", t.Knative, n.Name, since, why).
		WithHint("set target: knative: %q or newer", target.KnownSince(since))}
}
