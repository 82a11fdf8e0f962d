package rules

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// RequireFlag reports a field that needs a flag which is off at the target.
func RequireFlag(t *target.Target, n *ir.Node, flag string) diag.List {
	if t.Permits(flag) {
		return nil
	}
	if since, ok := target.FlagSince(flag); ok && !t.Knative.AtLeast(since) {
		return diag.List{n.KeyErrorf(diag.UnsupportedField, "Knative %s has no %s; its flag %s came with %s", t.Knative, n.Name, flag, since).
			WithHint("set target: knative: %q or newer", target.KnownSince(since))}
	}
	d := n.KeyErrorf(diag.FeatureDisabled, "%s needs Knative's flag %s, which is %s at the target", n.DisplayName(), flag, t.Flag(flag))
	if t.Flag(flag) == target.Allowed {
		d.Message += ", and the webhook asks for enabled"
	}
	return diag.List{d.WithHint(`enable it in the cluster's config-features, and say so: target: config: features: %q: "enabled"`, flag)}
}

// RequireReader reports a field that the controllers of the target do not read.
func RequireReader(t *target.Target, n *ir.Node, reading, why string) diag.List {
	ok, since, flag := t.Reads(reading)
	switch {
	case ok:
		return nil
	case flag != "":
		return RequireFlag(t, n, flag)
	}
	return diag.List{n.KeyErrorf(diag.UnsupportedField, "the controllers of Knative %s do not read %s here; those of %s and newer do; %s", t.Knative, n.Name, since, why).
		WithHint("set target: knative: %q or newer", target.KnownSince(since))}
}

// RequireInjectedServing reports a policy of strict mTLS at a target whose
// knative-serving has no sidecars.
func RequireInjectedServing(t *target.Target, mtls *ir.Node) diag.List {
	if t.Mesh.InjectedServing {
		return nil
	}
	return diag.List{mtls.Errorf(diag.StrictWithoutInjectedServing, "strict mTLS shuts out Knative's activator and autoscaler, which have no sidecar at the target").
		WithHint("inject knative-serving, and say so: target: mesh: injectedServing: true; or set mtls: \"permissive\"")}
}
