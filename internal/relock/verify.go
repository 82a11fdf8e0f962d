package relock

import (
	"cmp"
	"context"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// VerifyLocks compares the locks of the specs that paths name with the
// registries: tags must still have the digests they were pinned to, the digests
// of locks and specs must still exist, and they must have the platforms that the
// lock or the caller requires. It changes nothing. The error is of registries
// that did not answer, of ctx, or of a path; the list has what the other
// registries answered.
func VerifyLocks(ctx context.Context, paths []string, opts compiler.Options, r pin.Resolver, how UpdateOptions) (diag.List, error) {
	specs, diags, err := compiler.Check(ctx, paths, opts)
	if err != nil || diags.HasErrors() {
		return diags, err
	}
	locks, more := planLocks(specs, opts)
	diags.Add(more...)
	if diags.HasErrors() {
		return diags, nil
	}
	v := &lockVerifier{platforms: how.Platforms, entries: map[*lockPlan]*ir.Node{}, failures: registryFailures{}, images: verificationSet{}}
	for _, l := range locks {
		root, _ := load.YAML(l.Path, opts.Options) // planLocks has read it without errors
		v.entries[l] = root.Find("images")
		v.add(l)
	}
	for i, answer := range r.Resolve(ctx, v.tags.queries) {
		v.compareTag(v.tags.locks[i], v.tags.queries[i].Ref, answer)
	}
	for i, answer := range r.Resolve(ctx, v.digests.queries) {
		v.compareDigest(v.digests.locks[i], v.digests.queries[i], answer)
	}
	rejected, err := how.Verify.verify(ctx, v.images)
	diags.Add(v.diags...)
	diags.Add(rejected...)
	return diags.Sorted(), cmp.Or(v.failures.err(), err)
}

// A lockVerifier compares locks with registries in two rounds: first it looks up
// all tags, and then the digests that no tag has any more.
type lockVerifier struct {
	platforms []string
	entries   map[*lockPlan]*ir.Node // the locks' images, where they are written

	tags, digests queryBatch
	diags         diag.List
	failures      registryFailures
	images        verificationSet
}

// add adds the images of a lock to what is looked up, and reports those without
// a pin.
func (v *lockVerifier) add(l *lockPlan) {
	for _, ref := range ir.Sorted(l.uses) {
		if old, pinned := l.Old.Images[ref]; pinned {
			v.tags.add(l, pin.Query{Ref: ref, Platforms: union(old.Platforms, v.platforms), Single: old.Index != ""})
			v.images.add(ref, old.Digest, l.uses[ref])
			continue
		}
		for _, n := range l.uses[ref] {
			v.diags.Add(pin.Missing(pin.Image{Ref: ref, Node: n}))
		}
	}
	for _, ref := range ir.Sorted(l.digested) {
		v.digests.add(l, pin.Query{Ref: ref, Platforms: v.platforms})
		v.images.add(ref, "", l.digested[ref])
	}
}

// compareTag compares what a tag resolves to now with its pin. If they differ,
// the pinned digest itself is looked up in the second round.
func (v *lockVerifier) compareTag(l *lockPlan, ref string, a pin.Answer) {
	old := l.Old.Images[ref]
	entry := v.entries[l].Find(ref, "digest")
	moved := a.Entry.Digest != old.Digest || a.Entry.Index != old.Index
	switch f := a.Failure; {
	case f != nil && f.Code == "":
		v.failures.add(ref, f)
		return
	case f != nil && f.Code == diag.ImageNotFound:
		v.diags.Add(entry.Errorf(diag.MovedTag, "%s no longer has the tag of %s", f.Registry, ref).
			WithHint("see that the spec has the tag that is meant"))
	case f != nil && (f.Code != diag.MissingPlatform || !moved):
		v.diags.Add(v.reportInLock(l, ref, f))
		return
	case moved:
		v.diags.Add(entry.Errorf(diag.MovedTag, "%s now stands for %s", ref, cmp.Or(a.Entry.Index, a.Entry.Digest)).
			WithHint("to follow it, run: belay pin --update='%s'", ref))
	default:
		return
	}
	v.digests.add(l, pin.Query{Ref: ref, Digest: old.Digest, Platforms: union(old.Platforms, v.platforms)})
}

// compareDigest reports a digest that its registry does not have any more, or
// not for every platform.
func (v *lockVerifier) compareDigest(l *lockPlan, q pin.Query, a pin.Answer) {
	switch f := a.Failure; {
	case f == nil:
	case f.Code == "":
		v.failures.add(q.Ref, f)
	case q.Digest == "":
		v.diags.Add(reportFailure(q.Ref, f, l.digested[q.Ref]))
	case f.Code == diag.ImageNotFound:
		v.diags.Add(v.entries[l].Find(q.Ref, "digest").Errorf(diag.DeletedDigest, "%s no longer has what %s is pinned to: new nodes can't pull it", f.Registry, q.Ref).
			WithHint("push it again, or pin what the tag stands for now: belay pin --update='%s'", q.Ref))
	default:
		v.diags.Add(v.reportInLock(l, q.Ref, f))
	}
}

// reportInLock reports a failure of a pinned image at its entry in the lock.
func (v *lockVerifier) reportInLock(l *lockPlan, ref string, f *pin.Failure) diag.Diagnostic {
	entry := v.entries[l].Find(ref)
	at := entry.Find("digest")
	if listed := entry.Field("platforms"); f.Code == diag.MissingPlatform && listed != nil {
		at = listed
	}
	return at.Errorf(f.Code, "%s: %s %s", ref, f.Registry, f.Message).WithHint("%s", f.Hint)
}
