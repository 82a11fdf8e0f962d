package compiler

import (
	"cmp"
	"context"
	"maps"
	"slices"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
)

// A Relock is what "belay pin" makes of a lock.
type Relock struct {
	Path   string // absolute
	Old    *pin.Lock
	New    *pin.Lock
	Unused int // entries of New that the run does not need, and that stay since others may
}

// Pinning says what of a lock to look up again, and how.
type Pinning struct {
	Update    func(ref string) bool // whether to look up a pin that is there
	Keep      bool                  // entries that nothing uses any more
	Prune     bool                  // remove the entries that the run does not use, even if the run is not all that uses the lock
	Releases  bool                  // pin targets to the newest releases again
	Platforms []string              // that every image must have, sorted
	Single    bool                  // pin the manifest for the only one of Platforms
	Verify    Verifier              // of images that get another digest; nil for none
}

// Relocks resolves the images of the specs that paths name, and computes the
// locks that have them all. Images that a registry does not have as they must
// be are in the list, at their places in the specs. The error is of registries
// that did not answer, or of a path. With either there are no locks.
func Relocks(ctx context.Context, paths []string, opts Options, r pin.Resolver, how Pinning) ([]Relock, diag.List, error) {
	opts.rewrites, opts.newest = true, how.Releases
	specs, diags, err := Check(paths, opts)
	if err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	locks, more := plan(specs, paths, opts)
	diags.Add(more...)
	if diags.HasErrors() {
		return nil, diags, nil
	}
	for _, l := range locks {
		if err := prunable(l.Path, paths, opts); how.Prune && err != nil {
			return nil, diags.Sorted(), err
		}
	}
	more, err = resolve(ctx, locks, r, how)
	diags.Add(more...)
	if err == nil && !diags.HasErrors() {
		more, err = how.Verify.verify(ctx, changed(locks))
		diags.Add(more...)
	}
	if err != nil || diags.HasErrors() {
		return nil, diags.Sorted(), err
	}
	return record(paths, opts, locks, how)
}

// plannedLock is a lock with what the specs need of it.
type plannedLock struct {
	Relock
	uses     map[string][]*ir.Node // by reference without a digest: where specs have it
	digested map[string][]*ir.Node // the same, of references with a digest
	needs    pin.Needs
	shown    map[string]target.Releases // that specs name, by target
}

func newPlannedLock(path string, old *pin.Lock) *plannedLock {
	return &plannedLock{
		Relock:   Relock{Path: path, Old: old},
		uses:     map[string][]*ir.Node{},
		digested: map[string][]*ir.Node{},
		needs:    pin.Needs{Modules: map[string]string{}, Targets: map[string]target.Releases{}},
		shown:    map[string]target.Releases{},
	}
}

func plan(specs []Checked, paths []string, opts Options) (locks []*plannedLock, diags diag.List) {
	byPath := map[string]*plannedLock{}
	for _, spec := range specs {
		l := byPath[spec.Lock]
		if l == nil {
			old, more := ReadLock(spec.Lock, opts.Options)
			diags.Add(more...)
			l = newPlannedLock(spec.Lock, old)
			byPath[spec.Lock] = l
			locks = append(locks, l)
		}
		l.show(spec.Checked)
		maps.Copy(l.needs.Modules, spec.Modules)
		for _, image := range pin.Images(spec.Checked) {
			digested, err := pin.HasDigest(image.Ref)
			switch {
			case err != nil:
				diags.Add(image.Node.Errorf(diag.InvalidImage, "%q is not a valid image reference: %v", image.Ref, err))
			case digested:
				l.digested[image.Ref] = append(l.digested[image.Ref], image.Node)
			default:
				l.uses[image.Ref] = append(l.uses[image.Ref], image.Node)
			}
		}
	}
	for _, spec := range specs {
		byPath[spec.Lock].release(spec.Checked)
	}
	for _, l := range locks {
		l.needs.Images = ir.Sorted(l.uses)
	}
	return locks, diags.Sorted()
}

// show notes the releases that a spec names for its target.
func (l *plannedLock) show(c *ir.Checked) {
	shown := l.shown[c.Target.Name]
	if c.Origin.Knative == ir.FromSpec {
		shown.Knative = cmp.Or(shown.Knative, c.Target.Knative.String())
	}
	if c.Origin.Istio == ir.FromSpec {
		shown.Istio = cmp.Or(shown.Istio, c.Target.Istio.String())
	}
	l.shown[c.Target.Name] = shown
}

// release pins the releases that a spec leaves open: to those of the lock, or
// to those that another spec names for the same target, or to the newest. A
// release that the caller set for the run is not pinned.
func (l *plannedLock) release(c *ir.Checked) {
	if len(c.Apps) == 0 {
		return
	}
	shown, pinned := l.shown[c.Target.Name], l.needs.Targets[c.Target.Name]
	choose := func(source ir.Source, old, shown, now string) string {
		switch source {
		case ir.FromLock:
			return now
		case ir.Newest:
			return cmp.Or(shown, now)
		case ir.FromCaller:
			return old
		}
		return ""
	}
	old := l.Old.Targets[c.Target.Name]
	pinned.Knative = cmp.Or(pinned.Knative, choose(c.Origin.Knative, old.Knative, shown.Knative, c.Target.Knative.String()))
	pinned.Istio = cmp.Or(pinned.Istio, choose(c.Origin.Istio, old.Istio, shown.Istio, c.Target.Istio.String()))
	if pinned != (target.Releases{}) {
		l.needs.Targets[c.Target.Name] = pinned
	}
}

// questions are queries with the lock that each is for.
type questions struct {
	queries []pin.Query
	locks   []*plannedLock
}

func (q *questions) add(l *plannedLock, query pin.Query) {
	q.queries = append(q.queries, query)
	q.locks = append(q.locks, l)
}

func resolve(ctx context.Context, locks []*plannedLock, r pin.Resolver, how Pinning) (diags diag.List, err error) {
	var asked questions
	for _, l := range locks {
		for _, ref := range ir.Sorted(l.uses) {
			old, pinned := l.Old.Images[ref]
			if query, open := how.query(ref, old, pinned); open {
				asked.add(l, query)
			}
		}
	}
	found := map[*plannedLock]map[string]pin.Entry{}
	failures := unanswered{}
	for i, answer := range r.Resolve(ctx, asked.queries) {
		l, ref := asked.locks[i], asked.queries[i].Ref
		switch {
		case answer.Failure == nil:
			if found[l] == nil {
				found[l] = map[string]pin.Entry{}
			}
			found[l][ref] = answer.Entry
		case answer.Failure.Code == "":
			failures.add(ref, answer.Failure)
		default:
			diags.Add(refusal(ref, answer.Failure, l.uses[ref]))
		}
	}
	for _, l := range locks {
		l.New = l.Old.With(found[l], l.needs)
	}
	return diags, failures.err()
}

// query is what to ask for a reference, if there is anything to ask. The lock
// remembers how an image was pinned: for which platforms, and whether for one
// alone. A pin that is to be kept is asked about by its digest.
func (how Pinning) query(ref string, old pin.Entry, pinned bool) (q pin.Query, open bool) {
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

// refusal tells a failure that is the image's own.
func refusal(ref string, f *pin.Failure, uses []*ir.Node) diag.Diagnostic {
	return atFirst(uses, f.Code, "%s: %s %s", ref, f.Registry, f.Message).WithHint("%s", f.Hint)
}

// atFirst is a mistake at the first place that names an image, related to the
// others.
func atFirst(uses []*ir.Node, code diag.Code, format string, args ...any) diag.Diagnostic {
	slices.SortFunc(uses, func(a, b *ir.Node) int { return a.At.Compare(b.At) })
	d := uses[0].Errorf(code, format, args...)
	for i, n := range uses[1:] {
		if n.At != uses[i].At {
			d = d.WithRelated(n.At, "it is used here, too")
		}
	}
	return d
}

// unanswered are the failures that are not the images': what a registry did,
// and to which references.
type unanswered map[string][]string

func (u unanswered) add(ref string, f *pin.Failure) { u[f.Error()] = append(u[f.Error()], ref) }

// err is the error of them all, or nil if there are none.
func (u unanswered) err() error {
	if len(u) == 0 {
		return nil
	}
	text := diag.LinesError{"not all images could be looked up"}
	for _, failure := range ir.Sorted(u) {
		text = append(text, "  "+failure)
		for _, ref := range slices.Compact(slices.Sorted(slices.Values(u[failure]))) {
			text = append(text, "    "+ref)
		}
	}
	return text
}

// record compiles with the new pins, to learn what the ledger has of the apps,
// and removes what the run does not need.
func record(paths []string, opts Options, locks []*plannedLock, how Pinning) (relocks []Relock, diags diag.List, err error) {
	opts.Locks = map[string]*pin.Lock{}
	for _, l := range locks {
		opts.Locks[l.Path] = l.New
	}
	opts.newest = false
	run, diags, err := CompileAll(paths, opts)
	if err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	apps, names := ledgerOf(run)
	for _, l := range locks {
		l.needs.Apps = appsOf(apps, l.Path)
		l.New.Record(l.needs.Apps, namesOf(names, l.Path))
		l.New.Upgrade()
		l.drop(paths, opts, how)
		relocks = append(relocks, l.Relock)
	}
	return relocks, diags, nil
}

// drop removes what nothing needs any more, if the run can know that.
func (l *plannedLock) drop(paths []string, opts Options, how Pinning) {
	l.Unused = l.New.Unused(l.needs)
	switch {
	case how.Prune:
		l.New.DropUnused(l.needs)
		l.New.DropUnusedApps(l.needs)
	case l.Unused > 0 && !how.Keep && coversLock(l.Path, paths, opts):
		l.New.DropUnused(l.needs)
	default:
		return
	}
	l.Unused = 0
}
