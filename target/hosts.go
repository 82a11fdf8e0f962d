package target

import (
	"strings"
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
	return t.execute("tag-template", map[string]any{"Name": route, "Tag": tag})
}

// DomainName is the whole host name of a route or tag, given its Hostname
// (config-network, domain-template). What only the cluster reaches has a form
// that no setting changes.
func (t *Target) DomainName(hostname, namespace string, private bool, labels, annotations map[string]string) (string, error) {
	if private {
		return strings.Join([]string{hostname, namespace, clusterDomain}, "."), nil
	}
	return t.execute("domain-template", map[string]any{
		"Name": hostname, "Namespace": namespace, "Domain": t.RouteDomain(), "Labels": labels, "Annotations": annotations,
	})
}

func (t *Target) execute(setting string, values map[string]any) (string, error) {
	parsed, err := template.New(setting).Parse(t.Setting("network", setting))
	if err != nil {
		return "", err
	}
	var out strings.Builder
	err = parsed.Execute(&out, values)
	return out.String(), err
}

// IssuesCertificates reports whether cert-manager makes a certificate for
// every public host.
func (t *Target) IssuesCertificates() bool {
	on := func(key string) bool { return strings.EqualFold(t.Setting("network", key), "enabled") }
	return (on("external-domain-tls") || on("auto-tls")) &&
		strings.HasPrefix(t.Setting("network", "certificate-class"), "cert-manager.")
}
