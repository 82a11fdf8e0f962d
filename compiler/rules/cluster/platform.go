package cluster

import (
	"net/netip"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// platformRules are the rules of this file.
var platformRules = rules.Set{
	DependsOn: map[diag.Code][]string{
		diag.PrivateRoutes: {rules.WholeTarget, "sslip"},
	},
}

// CheckPlatform validates the install against the target, chooses the files
// that it consists of, and adds to the target what follows from it. With hooks
// the bundle is one for Argo CD, which can run jobs.
func CheckPlatform(t *target.Target, p *ir.Platform, hooks bool) (diags diag.List) {
	n := p.Node
	if len(p.Spec.URLs) == 0 || p.Spec.Version != "" {
		p.Version, diags = installedRelease(t, n, p.Spec.Version)
	}
	diags.Add(checkMagicDNS(t, n.Field("sslip"))...)
	if p.Spec.MTLS == "strict" {
		diags.Add(rules.RequireInjectedServing(t, n.Field("mtls"))...)
	}
	switch {
	case p.Spec.Manifests != nil && p.Version != "":
		t.NoHPA = !p.Spec.Manifests.HPA
		diags.Add(chooseFiles(p, hooks)...)
	case len(p.Spec.URLs) > 0:
		diags.Add(checkURLs(t, p)...)
	}
	return diags
}

// CheckPrivateRoutes reports a platform whose apps would have no public host.
func CheckPrivateRoutes(t *target.Target, n *ir.Node) diag.List {
	if !t.Private() {
		return nil
	}
	return diag.List{n.KeyErrorf(diag.PrivateRoutes, "without a domain Knative %s gives every app a host inside the cluster, and no other", t.Knative).AsWarning().
		WithHint(`set target: domain; if that is meant: target: domain: %q`, t.RouteDomain())}
}

// installedRelease is the release that a platform installs, with its patch
// number.
func installedRelease(t *target.Target, n *ir.Node, version string) (string, diag.List) {
	patches := t.Patches()
	if version == "" {
		if len(patches) == 0 {
			return "", diag.List{n.KeyErrorf(diag.MissingField, "platform lacks the field version: belay doesn't know the patch releases of Knative %s", t.Knative)}
		}
		return patches[len(patches)-1], nil
	}
	at := n.Field("version")
	if v, _ := target.Parse(version); v != t.Knative {
		return "", diag.List{at.Errorf(diag.PlatformMismatch, "the platform installs Knative %s, and the target is Knative %s", version, t.Knative).
			WithHint("set target: knative: %q", v)}
	}
	if len(patches) > 0 && !slices.Contains(patches, version) {
		return "", diag.List{at.Errorf(diag.UnknownRelease, "Knative %s is not a release that belay knows", version).
			WithHint("it knows %s", strings.Join(patches, ", "))}
	}
	return version, nil
}

// checkMagicDNS puts the routes of a cluster under <ip>.sslip.io, a domain that
// resolves to the IP that it spells. That is what Knative's default-domain job
// would find out in the cluster (knative.dev/serving/cmd/default-domain).
func checkMagicDNS(t *target.Target, n *ir.Node) diag.List {
	if n == nil {
		return nil
	}
	ip, err := netip.ParseAddr(n.Text)
	if err != nil {
		return diag.List{n.Errorf(diag.InvalidValue, "sslip is %q, which is no IP address", n.Text)}
	}
	if t.Domain != "" {
		return diag.List{n.KeyErrorf(diag.PlatformMismatch, "the platform puts routes under sslip.io, and the target has the domain %s", t.Domain).
			WithHint("leave one of the two out")}
	}
	label := strings.ReplaceAll(ip.String(), ":", "-")
	if strings.Trim(label, "-") != label {
		return diag.List{n.Errorf(diag.InvalidValue, "sslip is %q, and %s is no name in DNS", n.Text, label)}
	}
	t.Domain = label + ".sslip.io"
	return nil
}
