package check

import (
	"strings"
	"time"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// checkRollout holds the duration of a rollout to whole seconds, and tells
// where it would do nothing: named revisions take their traffic at once
// (knative.dev/serving/pkg/reconciler/route/traffic/traffic.go, buildRolloutForTag).
func checkRollout(_ *target.Target, a *ir.App) (diags diag.List) {
	n := a.Node.Field("rollout").Field("duration")
	if n == nil {
		return nil
	}
	diags = checkDuration(n, 0, 0, time.Second)
	if a.Spec.Strategy == "service" {
		diags.Add(n.Warnf(diag.RolloutUnused, "with strategy \"service\" traffic goes to named revisions, which take it at once; rollout does nothing"))
	}
	return diags
}

// checkDomains holds the app's domains to names outside the cluster
// (knative.dev/serving/pkg/apis/serving/v1beta1/domainmapping_validation.go).
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
		if strings.HasSuffix(domain, ".cluster.local") {
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
