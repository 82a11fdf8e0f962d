package target

import (
	"regexp"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"text/template"
)

// clusterDomain is the domain of routes that only the cluster reaches.
const clusterDomain = "svc.cluster.local"

// Hostname is the name of a route's own host, or of a tag's: also that of the
// Kubernetes Service that stands for it (config-network, tag-template;
// knative.dev/serving/pkg/reconciler/route/domains).
func (t *Target) Hostname(route, tag string) (string, error) {
	if tag == "" {
		return route, nil
	}
	return t.execute("tag-template", tagTemplateValues{Name: route, Tag: tag})
}

// What a template may use: a field that is not there is an error, as it is for
// Knative (knative.dev/networking/pkg/config, DomainTemplateValues and
// TagTemplateValues).
type (
	domainTemplateValues struct {
		Name, Namespace, Domain string
		Annotations, Labels     map[string]string
	}
	tagTemplateValues struct{ Name, Tag string }
)

// DomainName is the whole host name of a route or tag, given its Hostname
// (config-network, domain-template). What only the cluster reaches has a form
// that no setting changes.
func (t *Target) DomainName(hostname, namespace string, private bool, labels, annotations map[string]string) (string, error) {
	if private {
		return strings.Join([]string{hostname, namespace, clusterDomain}, "."), nil
	}
	return t.execute("domain-template", domainTemplateValues{
		Name: hostname, Namespace: namespace, Domain: t.RouteDomain(), Labels: labels, Annotations: annotations,
	})
}

func (t *Target) execute(setting string, values any) (string, error) {
	parsed, err := parseTemplate(setting, t.Setting("network", setting))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = parsed.Execute(&out, values)
	return out.String(), err
}

// templates are the parsed templates, by name and text. A program that compiles
// the specs of many others does not keep all that it ever met.
var templates struct {
	sync.Map
	count atomic.Int64
}

// maxTemplates is how many templates are kept; a run has a few.
const maxTemplates = 256

// parseTemplate parses a template once: all apps of a run have the same few.
func parseTemplate(name, text string) (*template.Template, error) {
	key := [2]string{name, text}
	if known, ok := templates.Load(key); ok {
		return known.(*template.Template), nil
	}
	parsed, err := template.New(name).Parse(text)
	if err == nil {
		if templates.count.Add(1) > maxTemplates {
			templates.Clear()
			templates.count.Store(1)
		}
		templates.Store(key, parsed)
	}
	return parsed, err
}

// HostNamespace is the namespace whose apps Knative could give a host, by the
// target's domain-template; "" if it gives nobody that host, or the template
// does not have the namespace. A host that an app of the namespace own could
// have as well is taken for one of own.
func (t *Target) HostNamespace(host, own string) string {
	if t.Private() {
		return "" // only hosts inside the cluster, which no domain can be
	}
	const name, namespace = "belay-app", "belay-namespace"
	pattern, err := t.DomainName(name, namespace, false, nil, nil)
	if err != nil || !strings.Contains(pattern, namespace) {
		return ""
	}
	pattern = regexp.QuoteMeta(pattern)
	pattern = strings.ReplaceAll(pattern, regexp.QuoteMeta(name), "(?:[a-z0-9-]+)")
	owns := strings.ReplaceAll(pattern, regexp.QuoteMeta(namespace), regexp.QuoteMeta(own))
	anyones := strings.Replace(pattern, regexp.QuoteMeta(namespace), "([a-z0-9-]+)", 1)
	if strings.Contains(anyones, regexp.QuoteMeta(namespace)) {
		return "" // the namespace more than once: RE2 cannot ask for the same text
	}
	if regexp.MustCompile("^" + owns + "$").MatchString(host) {
		return own
	}
	found := regexp.MustCompile("^" + anyones + "$").FindStringSubmatch(host)
	if found == nil {
		return ""
	}
	return found[1]
}

// IssuesCertificates reports whether cert-manager makes a certificate for
// every public host.
func (t *Target) IssuesCertificates() bool {
	return t.ExternalTLS() && strings.HasPrefix(t.Setting("network", "certificate-class"), "cert-manager.")
}

// ExternalTLS reports whether Knative serves public hosts with TLS.
func (t *Target) ExternalTLS() bool {
	on := func(key string) bool { return strings.EqualFold(t.Setting("network", key), "enabled") }
	return on("external-domain-tls") || on("auto-tls")
}

// ExternalTLSKey is the key of config-network that turns that on.
func (t *Target) ExternalTLSKey() string {
	for _, key := range []string{"external-domain-tls", "auto-tls"} {
		if slices.Contains(t.Settings("network"), key) {
			return key
		}
	}
	return "autoTLS"
}

// Redirects reports whether plain HTTP is answered with a redirect to HTTPS by
// the cluster's own setting.
func (t *Target) Redirects() bool {
	return strings.EqualFold(t.Setting("network", "http-protocol"), "redirected")
}
