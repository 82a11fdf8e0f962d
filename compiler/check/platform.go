package check

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// newPlatform decodes and checks the install of Knative, and adds to the target
// what follows from it. It returns nil if there is none, or if it has errors.
//
// With hooks the bundle is one for Argo CD, which can run jobs.
func newPlatform(t *target.Target, n *ir.Node, hooks bool) (*ir.Platform, diag.List) {
	if n == nil {
		return nil, nil
	}
	walk := conformer{target: t}
	walk.value(n, schema.Document.Field("platform").Type)
	if walk.left.nodes[n] {
		return nil, walk.diags
	}
	n = walk.left.without(n)
	p := &ir.Platform{Node: n}
	decode(n, &p.Spec)
	diags := append(walk.diags, walk.left.silence(checkPlatform(t, p, hooks))...)
	if diags.HasErrors() {
		return nil, diags
	}
	return p, append(diags, checkPrivateRoutes(t, n)...)
}

// checkPlatform validates the install against the target, chooses the files
// that it consists of, and adds to the target what follows from it. With hooks
// the bundle is one for Argo CD, which can run jobs.
func checkPlatform(t *target.Target, p *ir.Platform, hooks bool) (diags diag.List) {
	n := p.Node
	if len(p.Spec.URLs) == 0 || p.Spec.Version != "" {
		p.Version, diags = installedRelease(t, n, p.Spec.Version)
	}
	diags.Add(checkMagicDNS(t, n.Field("sslip"))...)
	if p.Spec.MTLS == "strict" {
		diags.Add(checkStrict(t, n.Field("mtls"))...)
	}
	switch {
	case p.Spec.Manifests != nil && p.Version != "":
		t.NoHPA = !p.Spec.Manifests.HPA
		diags.Add(chooseManifests(p, hooks)...)
	case len(p.Spec.URLs) > 0:
		diags.Add(checkURLs(t, p)...)
	}
	return diags
}

// checkPrivateRoutes reports a platform whose apps would have no public host.
func checkPrivateRoutes(t *target.Target, n *ir.Node) diag.List {
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

// withServing adds the namespace that Knative is installed in, unless the spec
// has it; in either case with the sidecars that the target says it has.
func withServing(t *target.Target, all []ir.Namespace, platform *ir.Node) []ir.Namespace {
	i := slices.IndexFunc(all, func(ns ir.Namespace) bool { return ns.Name == ir.ServingNamespace })
	if i < 0 {
		i, all = len(all), append(all, ir.Namespace{Name: ir.ServingNamespace, Node: platform})
	}
	if ns := &all[i].Spec; t.Mesh.InjectedServing && ns.Inject == nil && ns.Revision == "" && !isAmbient(*ns) {
		ns.Inject = &t.Mesh.InjectedServing
	}
	return all
}

// isAmbient reports whether a namespace is in the mesh without sidecars.
func isAmbient(ns schema.Namespace) bool { return ns.Labels["istio.io/dataplane-mode"] == "ambient" }

// checkServingInjection holds what the spec says of Knative's own namespace to
// what it says of the target: policies are written by the one, and pods made
// by the other.
func checkServingInjection(t *target.Target, ns ir.Namespace) diag.List {
	n := cmp.Or(ns.Node.Field("revision"), ns.Node.Field("inject"))
	injected := ns.Spec.Revision != "" || ns.Spec.Inject != nil && *ns.Spec.Inject
	if ns.Name != ir.ServingNamespace || n == nil || injected == t.Mesh.InjectedServing {
		return nil
	}
	says := "without"
	if t.Mesh.InjectedServing {
		says = "with"
	}
	return diag.List{n.KeyErrorf(diag.PlatformMismatch, "namespace %s contradicts the target, whose %s runs %s sidecars", ns.Name, ns.Name, says).
		WithHint("set target: mesh: injectedServing: %t", injected)}
}
