package traffic

import (
	"strconv"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// redirectRules are the rules of this file.
var redirectRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkDependentAnnotations, checkRedirect},
}

// The annotations that stand for settings of config-network, in the spellings
// of all releases (knative.dev/networking/pkg/apis/networking/register.go).
var (
	protocolAnnotations   = []string{"networking.knative.dev/http-protocol", "networking.knative.dev/httpOption"}
	disableTLSAnnotations = []string{"networking.knative.dev/disable-external-domain-tls", "networking.knative.dev/disable-auto-tls", "networking.knative.dev/disableAutoTLS"}
)

// annotation is the first annotation of an app that has one of some names and
// that the target reads; nil if there is none.
func annotation(t *target.Target, a *ir.App, names []string) *ir.Node {
	for _, name := range names {
		if n := a.Node.Field("annotations").Field(name); n != nil && t.Knative.AtLeast(target.Annotation(name).Since) {
			return n
		}
	}
	return nil
}

// CheckRedirectSetting reports the setting by which plain HTTP is redirected to
// HTTPS at a target that serves no public host with TLS: the Route takes the
// two apart, and each request of a public app is led to a port that does not
// serve its host (knative.dev/serving/pkg/reconciler/route/resources/ingress.go).
func CheckRedirectSetting(c *ir.Checked) diag.List {
	t := c.Target
	network := c.Node.Field("target").Field("config").Field("network")
	n := network.Field("http-protocol")
	if n == nil {
		n = network.Field("httpProtocol")
	}
	if n == nil || !t.Redirects() || t.ExternalTLS() {
		return nil
	}
	concerned := c.Platform != nil
	for _, a := range c.Apps {
		concerned = concerned || servesPublicHost(t, a) && annotation(t, a, protocolAnnotations) == nil
	}
	if !concerned {
		return nil
	}
	d := n.Errorf(diag.SettingRequired, "%s is %q, and %s is off at the target: public apps redirect each request to HTTPS, which nothing serves", n.Name, n.Text, t.ExternalTLSKey()).AsWarning()
	return diag.List{d.WithHint("set %q: \"Enabled\" beside it, or %s: \"Enabled\"", t.ExternalTLSKey(), n.Name)}
}

// checkRedirect is checkRedirectSetting for what an app says itself: that it
// redirects, or that it has no TLS where the target redirects.
func checkRedirect(t *target.Target, a *ir.App) diag.List {
	if !servesPublicHost(t, a) {
		return nil
	}
	protocol, disable := annotation(t, a, protocolAnnotations), annotation(t, a, disableTLSAnnotations)
	if disable != nil {
		if off, err := strconv.ParseBool(disable.Text); err != nil || !off {
			disable = nil
		}
	}
	switch {
	case protocol != nil && !strings.EqualFold(protocol.Text, "redirected"):
	case protocol != nil && !t.ExternalTLS():
		return diag.List{protocol.Warnf(diag.SettingRequired, "app %q redirects each request to HTTPS, and %s is off at the target: nothing serves it", a.Name, t.ExternalTLSKey()).
			WithHint("set target: config: network: %q: \"Enabled\", or %q: \"enabled\"", t.ExternalTLSKey(), protocol.Name)}
	case protocol != nil && disable != nil:
		first, last := disable, protocol
		if first.At.Compare(last.At) > 0 {
			first, last = last, first
		}
		return diag.List{last.Warnf(diag.SettingRequired, "app %q redirects each request to HTTPS, and has no certificate: nothing serves it", a.Name).
			WithRelated(first.At, "%s", first.Name).
			WithHint("remove %q, or set %q: \"enabled\"", disable.Name, protocol.Name)}
	case protocol == nil && disable != nil && t.Redirects() && t.ExternalTLS():
		return diag.List{disable.Warnf(diag.SettingRequired, "app %q has no certificate, and the target redirects each request to HTTPS: nothing serves it", a.Name).
			WithHint("set %q: \"enabled\" beside it", protocolKey(t))}
	}
	return nil
}

// servesPublicHost reports whether an app has a public host that only Knative
// could serve with TLS. An app that has a domain with a certificate of its own
// may be reached by that domain alone.
func servesPublicHost(t *target.Target, a *ir.App) bool {
	for _, d := range a.Spec.Domains {
		if d.TLS != "" {
			return false
		}
	}
	return a.Spec.Visibility != "cluster-local" && !t.Private()
}

// protocolKey is the annotation for an app's protocol that the target reads.
func protocolKey(t *target.Target) string {
	for _, name := range protocolAnnotations {
		if t.Knative.AtLeast(target.Annotation(name).Since) {
			return name
		}
	}
	return protocolAnnotations[0]
}

// checkDependentAnnotations reports annotations that Knative reads only where a
// setting of the cluster lets it.
func checkDependentAnnotations(t *target.Target, a *ir.App) (diags diag.List) {
	if n := annotation(t, a, []string{"features.knative.dev/queueproxy-podinfo"}); n != nil && n.Text == "enabled" && t.Flag("queueproxy.mount-podinfo") == target.Disabled {
		diags.Add(n.Warnf(diag.SettingRequired, "%s does nothing: the flag queueproxy.mount-podinfo is off at the target", n.Name).
			WithHint(`allow it in the cluster's config-features: target: config: features: "queueproxy.mount-podinfo": "allowed"`))
	}
	if n := annotation(t, a, []string{"networking.knative.dev/certificate-class", "networking.knative.dev/certificate.class"}); n != nil && !t.ExternalTLS() {
		diags.Add(n.Warnf(diag.SettingRequired, "%s does nothing: Knative makes no certificates while %s is off at the target", n.Name, t.ExternalTLSKey()).
			WithHint("set target: config: network: %q: \"Enabled\"", t.ExternalTLSKey()))
	}
	return diags
}
