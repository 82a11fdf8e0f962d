package traffic

import (
	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// weightRules are the rules of this file.
var weightRules = rules.Set{
	App: []func(*target.Target, *ir.App) diag.List{checkWeights},
	DependsOn: map[diag.Code][]string{
		diag.DuplicateTag: {"tag", "match", "mirror"},
		diag.WeightsSum:   {"weight", "revisions", "existing"},
	},
}

// checkWeights validates weights and tags as the Route webhook does
// (knative.dev/serving/pkg/apis/serving/v1/route_validation.go).
func checkWeights(_ *target.Target, a *ir.App) (diags diag.List) {
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

func duplicateTag(a *ir.App, first, second *ir.Revision) diag.Diagnostic {
	const message = "two revisions of app %q have the tag %q"
	d, other := rules.AtTag(a, second)(diag.DuplicateTag, message, a.Name, second.Tag()), rules.AtTag(a, first)(diag.DuplicateTag, message, a.Name, first.Tag())
	if other.At.Compare(d.At) > 0 {
		d, other = other, d
	}
	return d.WithRelated(other.At, "the other one")
}
