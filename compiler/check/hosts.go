package check

import (
	"slices"
	"strconv"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

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
	diags = checkHost(t, a, "", atName(a))
	for _, r := range a.Revisions {
		if tag := r.Tag(); tag != "" {
			diags.Add(checkHost(t, a, tag, atTag(a, r))...)
		}
	}
	return diags
}

// atName makes an error where the app's name stands, or else at its key.
func atName(a *ir.App) func(diag.Code, string, ...any) diag.Diagnostic {
	if n := a.Node.Field("name"); n != nil {
		return n.Errorf
	}
	return a.Node.KeyErrorf
}

// checkHost checks one host; at makes an error at the token that it comes from.
func checkHost(t *target.Target, a *ir.App, tag string, at func(diag.Code, string, ...any) diag.Diagnostic) diag.List {
	private := a.Spec.Visibility == "cluster-local"
	hostname, err := t.Hostname(a.Name, tag)
	if err != nil {
		return nil // told once, where the template stands
	}
	if len(hostname) > maxLabel {
		return diag.List{at(diag.NameTooLong, "the host of %s becomes %s, of %d characters; a Kubernetes Service has at most %d", subject(a, tag), hostname, len(hostname), maxLabel)}
	}
	host, err := t.DomainName(hostname, a.Namespace, private, a.Spec.Labels, a.Spec.Annotations)
	if err != nil {
		return nil
	}
	for label := range strings.SplitSeq(host, ".") {
		if len(label) > maxLabel || label == "" {
			return diag.List{at(diag.NameTooLong, "the host of %s becomes %s; the label %s has %d characters, and DNS takes 1 to %d", subject(a, tag), host, strconv.Quote(label), len(label), maxLabel)}
		}
	}
	if len(host) > maxHost {
		return diag.List{at(diag.NameTooLong, "the host of %s becomes %s, of %d characters; DNS takes at most %d", subject(a, tag), host, len(host), maxHost)}
	}
	short := "k." + t.RouteDomain()
	if !private && t.IssuesCertificates() && len(host) > maxCommonName && len(short) > maxCommonName {
		return diag.List{at(diag.CertificateNameTooLong, "no certificate for %s: neither %s nor the short form %s fits a common name of %d characters", subject(a, tag), host, short, maxCommonName)}
	}
	return nil
}

// checkForeignDomains reports domains that are the default host of an app of
// another namespace, whether or not this run has the app: with the domain a
// namespace would take the requests of another.
func checkForeignDomains(t *target.Target, a *ir.App) (diags diag.List) {
	domains := a.Node.Field("domains")
	for _, n := range slices.Concat(children(domains), elements(domains)) {
		domain, at := n.Name, n.KeyErrorf
		if n.Text != "" {
			domain, at = n.Text, n.Errorf
		}
		if namespace := t.HostNamespace(domain, a.Namespace); namespace != "" && namespace != a.Namespace {
			diags.Add(at(diag.ForeignHost, "the domain %s is the host that Knative gives an app of namespace %q, and app %q is in %q", domain, namespace, a.Name, a.Namespace).
				WithHint("choose a domain that Knative gives no app of another namespace, such as %q", a.Name+".example.org"))
		}
	}
	return diags
}

func subject(a *ir.App, tag string) string {
	if tag != "" {
		return "tag " + strconv.Quote(tag) + " of app " + strconv.Quote(a.Name)
	}
	return "app " + strconv.Quote(a.Name)
}

// checkTemplates holds the templates of hosts to what Go's template language reads.
func checkTemplates(t *target.Target, config *ir.Node) (diags diag.List) {
	network := config.Field("network")
	for _, setting := range []string{"tag-template", "domain-template", "tagTemplate", "domainTemplate"} {
		n := network.Field(setting)
		if n == nil {
			continue
		}
		var err error
		if strings.HasPrefix(setting, "tag") {
			_, err = t.Hostname("app", "tag")
		} else {
			_, err = t.DomainName("app", "default", false, nil, nil)
		}
		if err != nil {
			diags.Add(n.Errorf(diag.InvalidSetting, "Knative can't use this %s: %v", setting, err))
		}
	}
	return diags
}
