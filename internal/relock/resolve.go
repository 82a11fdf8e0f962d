package relock

import (
	"cmp"
	"context"
	"slices"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// A queryBatch is queries for a resolver, with the lock that each is for.
type queryBatch struct {
	queries []pin.Query
	locks   []*lockPlan
}

func (q *queryBatch) add(l *lockPlan, query pin.Query) {
	q.queries = append(q.queries, query)
	q.locks = append(q.locks, l)
}

// resolve looks up the references of locks that have no pin or are to be looked
// up again, and gives each lock its New.
func resolve(ctx context.Context, locks []*lockPlan, r pin.Resolver, how UpdateOptions) (diags diag.List, err error) {
	var batch queryBatch
	for _, l := range locks {
		for _, ref := range ir.Sorted(l.uses) {
			old, pinned := l.Old.Images[ref]
			if query, needed := how.query(ref, old, pinned); needed {
				batch.add(l, query)
			}
		}
	}
	found := map[*lockPlan]map[string]pin.Entry{}
	failures := registryFailures{}
	for i, answer := range r.Resolve(ctx, batch.queries) {
		l, ref := batch.locks[i], batch.queries[i].Ref
		switch {
		case answer.Failure == nil:
			if found[l] == nil {
				found[l] = map[string]pin.Entry{}
			}
			found[l][ref] = answer.Entry
		case answer.Failure.Code == "":
			failures.add(ref, answer.Failure)
		default:
			diags.Add(reportFailure(ref, answer.Failure, l.uses[ref]))
		}
	}
	for _, l := range locks {
		l.New = l.Old.With(found[l], l.needs)
	}
	return diags, failures.err()
}

// query returns what to look up for a reference, and whether there is anything
// to look up. The lock remembers how an image was pinned: for which platforms,
// and whether for one alone. A pin that stays is looked up by its digest.
func (how UpdateOptions) query(ref string, old pin.Entry, pinned bool) (q pin.Query, needed bool) {
	q = pin.Query{Ref: ref, Platforms: union(old.Platforms, how.Platforms)}
	if how.Single {
		q.Platforms = how.Platforms
	}
	wasSingle := old.Index != ""
	q.Single = how.Single || wasSingle && len(q.Platforms) == 1
	if !pinned || how.Update(ref) {
		return q, true
	}
	q.Digest = cmp.Or(old.Index, old.Digest)
	return q, !slices.Equal(q.Platforms, old.Platforms) || q.Single != wasSingle
}

func union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// reportFailure reports a failure that the image itself causes, such as a tag
// that its registry does not have.
func reportFailure(ref string, f *pin.Failure, uses []*ir.Node) diag.Diagnostic {
	return reportAtFirst(uses, f.Code, "%s: %s %s", ref, f.Registry, f.Message).WithHint("%s", f.Hint)
}

// reportAtFirst reports a mistake at the first place that names an image, with
// the other places as related.
func reportAtFirst(uses []*ir.Node, code diag.Code, format string, args ...any) diag.Diagnostic {
	slices.SortFunc(uses, func(a, b *ir.Node) int { return a.At.Compare(b.At) })
	d := uses[0].Errorf(code, format, args...)
	for i, n := range uses[1:] {
		if n.At != uses[i].At {
			d = d.WithRelated(n.At, "it is used here, too")
		}
	}
	return d
}

// registryFailures collects the references that could not be looked up because
// of their registry and not of the image, by the message of the failure.
type registryFailures map[string][]string

func (r registryFailures) add(ref string, f *pin.Failure) { r[f.Error()] = append(r[f.Error()], ref) }

// err returns one error for all failures, or nil if there are none.
func (r registryFailures) err() error {
	if len(r) == 0 {
		return nil
	}
	text := diag.LinesError{"not all images could be looked up"}
	for _, failure := range ir.Sorted(r) {
		text = append(text, "  "+failure)
		for _, ref := range slices.Compact(slices.Sorted(slices.Values(r[failure]))) {
			text = append(text, "    "+ref)
		}
	}
	return text
}
