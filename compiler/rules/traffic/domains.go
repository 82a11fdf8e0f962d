package traffic

import (
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// domainRules are the rules of this file.
var domainRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkDomains, checkForeignDomains},
	DependsOn: map[diag.Code][]string{
		diag.ClusterDomain:     {rules.WholeTarget},
		diag.DomainMakesPublic: {"visibility", rules.WholeTarget},
		diag.ForeignHost:       {rules.WholeTarget, "name", "namespace"},
	},
}

// checkForeignDomains reports domains that are the default host of an app of
// another namespace, whether or not this run has the app: with the domain a
// namespace would take the requests of another.
func checkForeignDomains(t *target.Target, a *ir.App) (diags diag.List) {
	domains := a.Node.Field("domains")
	for _, n := range slices.Concat(domains.Fields(), domains.Elements()) {
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

// checkDomains reports domains inside the cluster, and domains that are listed
// more than once
// (knative.dev/serving/pkg/apis/serving/v1beta1/domainmapping_validation.go). The
// webhook looks at the whole name alone; pods also reach a Service by its name
// without the cluster's domain, as web.team-b.svc.
func checkDomains(_ *target.Target, a *ir.App) (diags diag.List) {
	domains := a.Node.Field("domains")
	if domains == nil {
		return nil
	}
	seen := map[string]*ir.Node{}
	for _, n := range domains.Children {
		domain, at := n.Name, n.KeyErrorf
		if n.Text != "" {
			domain, at = n.Text, n.Errorf
		}
		if strings.HasSuffix(domain, ".cluster.local") || strings.HasSuffix(domain, ".svc") {
			diags.Add(at(diag.ClusterDomain, "the domain %s is under the cluster's own; Knative maps only domains outside", domain))
		}
		if first := seen[domain]; first != nil {
			diags.Add(at(diag.DuplicateDomain, "the domain %s stands twice", domain).WithRelated(first.At, "the first"))
		}
		seen[domain] = n
		if a.Spec.Visibility == "cluster-local" {
			diags.Add(at(diag.DomainMakesPublic, "app %q is cluster-local, and still public on %s: a mapped domain is", a.Name, domain).
				AsWarning())
		}
	}
	return diags
}
