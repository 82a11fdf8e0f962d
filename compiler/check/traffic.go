package check

import (
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// checkTraffic holds weights and tags to what the Route webhook asks
// (knative.dev/serving/pkg/apis/serving/v1/route_validation.go).
func checkTraffic(_ *target.Target, a *ir.App) (diags diag.List) {
	if !a.Declared() {
		return nil
	}
	var sum int64
	var last *ir.Revision
	tags := map[string]*ir.Revision{}
	for _, r := range a.Revisions {
		sum += r.Spec.Weight
		if last == nil || weight(r).At.Compare(weight(last).At) > 0 {
			last = r
		}
		if tag := r.Tag(); tag != "" {
			if first := tags[tag]; first != nil {
				diags.Add(duplicateTag(a, first, r))
			} else {
				tags[tag] = r
			}
		}
	}
	if sum != 100 {
		diags.Add(weightsSum(a, last, sum))
	}
	return diags
}

// declared is the revision as the user wrote it.
func declared(a *ir.App, r *ir.Revision) *ir.Node { return a.Node.Field("revisions").Field(r.ID) }

// weight is where a revision's weight stands, or else the revision.
func weight(r *ir.Revision) *ir.Node { return r.Node.Find("weight") }

func weightsSum(a *ir.App, last *ir.Revision, sum int64) diag.Diagnostic {
	message := "weights of app %q add up to %d, not 100"
	d := weight(last).Errorf(diag.WeightsSum, message, a.Name, sum)
	if last.Node.Field("weight") == nil {
		d = last.Node.KeyErrorf(diag.WeightsSum, message, a.Name, sum)
	}
	var others []*ir.Revision
	for _, r := range a.Revisions {
		if r != last && r.Node.Field("weight") != nil {
			others = append(others, r)
		}
	}
	for _, r := range others {
		which := "another weight"
		if len(others) == 1 {
			which = "the other weight"
		}
		d = d.WithRelated(weight(r).At, "%s, %d", which, r.Spec.Weight)
	}
	if sum > 100 {
		return d.WithHint("lower one of the weights by %d", sum-100)
	}
	return d.WithHint("raise one of the weights by %d", 100-sum)
}

// atTag makes an error where a revision's tag stands, or else at the id that
// serves as one.
func atTag(a *ir.App, r *ir.Revision) func(diag.Code, string, ...any) diag.Diagnostic {
	n := declared(a, r)
	if tag := n.Field("tag"); tag != nil {
		return tag.Errorf
	}
	return n.KeyErrorf
}

func duplicateTag(a *ir.App, first, second *ir.Revision) diag.Diagnostic {
	const message = "two revisions of app %q have the tag %q"
	d, other := atTag(a, second)(diag.DuplicateTag, message, a.Name, second.Tag()), atTag(a, first)(diag.DuplicateTag, message, a.Name, first.Tag())
	if other.At.Compare(d.At) > 0 {
		d, other = other, d
	}
	return d.WithRelated(other.At, "the other one")
}

// checkStrategy holds strategy and latest together.
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
		if near := nearest(a.Spec.Latest, ir.Sorted(a.Spec.Revisions)); near != "" {
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

// checkExisting holds revisions that are in the cluster already to a name of
// this app: the webhook accepts any name, and the Route then serves nothing new
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
