package traffic

import (
	"strconv"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// hostRules are the rules of this file.
var hostRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkHosts},
	DependsOn: map[diag.Code][]string{
		diag.CertificateNameTooLong: {rules.WholeTarget, "name", "namespace"},
	},
}

// Lengths of host names: of a label, and of the whole (RFC 1035); and of the
// common name of a certificate (RFC 5280).
const (
	maxHost       = 253
	maxCommonName = 63
)

// checkHosts holds the hosts that Knative derives for an app and its tags to
// what DNS and certificates can hold. The webhook does not compute them; the
// reconciler fails later (knative.dev/serving/pkg/reconciler/route/domains,
// pkg/reconciler/certificate/resources/cert_manager_certificate.go).
func checkHosts(t *target.Target, a *ir.App) (diags diag.List) {
	diags = checkHost(t, a, "", rules.AtName(a))
	for _, r := range a.Revisions {
		if tag := r.Tag(); tag != "" {
			diags.Add(checkHost(t, a, tag, rules.AtTag(a, r))...)
		}
	}
	return diags
}

// checkHost checks one host; at makes an error at the token that it comes from.
func checkHost(t *target.Target, a *ir.App, tag string, at func(diag.Code, string, ...any) diag.Diagnostic) diag.List {
	private := a.Spec.Visibility == "cluster-local"
	hostname, err := t.Hostname(a.Name, tag)
	if err != nil {
		return nil // told once, where the template stands
	}
	if len(hostname) > rules.MaxLabel {
		return diag.List{at(diag.NameTooLong, "the host of %s becomes %s, of %d characters; a Kubernetes Service has at most %d", ownerOf(a, tag), hostname, len(hostname), rules.MaxLabel)}
	}
	host, err := t.DomainName(hostname, a.Namespace, private, a.Spec.Labels, a.Spec.Annotations)
	if err != nil {
		return nil
	}
	for label := range strings.SplitSeq(host, ".") {
		if len(label) > rules.MaxLabel || label == "" {
			return diag.List{at(diag.NameTooLong, "the host of %s becomes %s; the label %s has %d characters, and DNS takes 1 to %d", ownerOf(a, tag), host, strconv.Quote(label), len(label), rules.MaxLabel)}
		}
	}
	if len(host) > maxHost {
		return diag.List{at(diag.NameTooLong, "the host of %s becomes %s, of %d characters; DNS takes at most %d", ownerOf(a, tag), host, len(host), maxHost)}
	}
	short := "k." + t.RouteDomain()
	if !private && t.IssuesCertificates() && len(host) > maxCommonName && len(short) > maxCommonName {
		return diag.List{at(diag.CertificateNameTooLong, "no certificate for %s: neither %s nor the short form %s fits a common name of %d characters", ownerOf(a, tag), host, short, maxCommonName)}
	}
	return nil
}

func ownerOf(a *ir.App, tag string) string {
	if tag != "" {
		return "tag " + strconv.Quote(tag) + " of app " + strconv.Quote(a.Name)
	}
	return "app " + strconv.Quote(a.Name)
}
