package traffic

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/spelling"
	"github.com/belay-sh/belay/internal/target"
)

// strategyRules are the rules of this file.
var strategyRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkStrategy, checkExisting},
	DependsOn: map[diag.Code][]string{
		diag.ExistingTemplate: {"existing"},
		diag.ForeignRevision:  {"name"},
		diag.LatestRequired:   {"latest", "strategy", "revisions"},
		diag.StrategyUnused:   {"strategy", "revisions"},
		diag.UnknownRevision:  {"latest", "strategy", "revisions"},
	},
}

// checkStrategy compares strategy with latest and with the declared revisions.
func checkStrategy(_ *target.Target, a *ir.App) (diags diag.List) {
	strategy, latest := a.Node.Field("strategy"), a.Node.Field("latest")
	switch {
	case a.Spec.Strategy != "service" && latest != nil:
		return diag.List{latest.KeyErrorf(diag.StrategyUnused, "latest has a meaning only with strategy: \"service\"")}
	case a.Spec.Strategy != "service":
		return nil
	case !a.Declared():
		return diag.List{strategy.Errorf(diag.StrategyUnused, "strategy \"service\" needs declared revisions").
			WithHint("without revisions belay emits one Service; leave strategy out")}
	case latest == nil:
		return diag.List{a.Node.KeyErrorf(diag.LatestRequired, "app %q has strategy \"service\" and does not say which revision is the Service's template", a.Name).
			WithHint("latest: %q", a.Revisions[len(a.Revisions)-1].ID)}
	}
	r, ok := a.Spec.Revisions[a.Spec.Latest]
	if !ok {
		d := latest.Errorf(diag.UnknownRevision, "app %q declares no revision %q", a.Name, a.Spec.Latest)
		if near := spelling.Nearest(a.Spec.Latest, ir.Sorted(a.Spec.Revisions)); near != "" {
			d = d.WithHint("did you mean %q?", near)
		}
		return diag.List{d}
	}
	if r.Existing != "" {
		return diag.List{latest.Errorf(diag.UnknownRevision, "latest names %q, a revision that already exists; it can't be a template", a.Spec.Latest)}
	}
	return nil
}

var autoNumbered = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`-[0-9]{5}$`) })

// besideExisting are the fields of a revision that is in the cluster already.
var besideExisting = []string{"existing", "weight", "tag", "match", "mirror"}

// checkExisting reports revisions in the cluster whose names are not this
// app's: the webhook accepts any name, and the Route then serves nothing new
// (knative.dev/serving/pkg/reconciler/route/traffic/traffic.go).
func checkExisting(_ *target.Target, a *ir.App) (diags diag.List) {
	for _, r := range a.Revisions {
		if r.Spec.Existing == "" {
			continue
		}
		name := r.Node.Field("existing")
		for _, n := range r.Node.Children {
			if !slices.Contains(besideExisting, n.Name) {
				diags.Add(n.KeyErrorf(diag.ExistingTemplate, "%s does not go with existing: a revision in the cluster is what it is", n.Name))
			}
		}
		switch {
		case !strings.HasPrefix(r.Spec.Existing, a.Name+"-"):
			diags.Add(name.Errorf(diag.ForeignRevision, "%q is not a revision of app %q: its revisions start with %q", r.Spec.Existing, a.Name, a.Name+"-"))
		case autoNumbered().MatchString(r.Spec.Existing):
			diags.Add(name.Warnf(diag.AutoNumberedRevision, "%q is numbered by one cluster; another one counts differently, or has none", r.Spec.Existing).
				WithHint("declare the revision instead: its fields, and no existing"))
		}
	}
	return diags
}
