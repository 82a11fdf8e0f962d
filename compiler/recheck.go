package compiler

import (
	"cmp"
	"context"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// Recheck asks registries whether the locks of the specs that paths name still
// hold: that tags stand for the digests they were pinned to, that those are
// there, and have the platforms that the lock names and that are given; and
// that the digests in specs are there. It changes nothing. The error is of
// registries that did not answer, or of a path; the list has what the others
// said.
func Recheck(ctx context.Context, paths []string, opts Options, r pin.Resolver, how Pinning) (diag.List, error) {
	specs, diags, err := Check(paths, opts)
	if err != nil || diags.HasErrors() {
		return diags, err
	}
	locks, more := plan(specs, paths, opts)
	diags.Add(more...)
	if diags.HasErrors() {
		return diags, nil
	}
	c := &rechecking{platforms: how.Platforms, entries: map[*plannedLock]*ir.Node{}, failures: unanswered{}, pinned: judged{}}
	for _, l := range locks {
		root, _ := load.YAML(l.Path, opts.Options) // plan has read it without errors
		c.entries[l] = root.Find("images")
		c.plan(l)
	}
	for i, answer := range r.Resolve(ctx, c.tags.queries) {
		c.tag(c.tags.locks[i], c.tags.queries[i].Ref, answer)
	}
	for i, answer := range r.Resolve(ctx, c.digests.queries) {
		c.digest(c.digests.locks[i], c.digests.queries[i], answer)
	}
	refused, err := how.Verify.verify(ctx, c.pinned)
	diags.Add(c.diags...)
	diags.Add(refused...)
	return diags.Sorted(), cmp.Or(c.failures.err(), err)
}

// rechecking asks twice: what tags stand for now, and then about the digests
// that no tag leads to any more.
type rechecking struct {
	platforms []string
	entries   map[*plannedLock]*ir.Node // the locks' images, where they are written

	tags, digests questions
	diags         diag.List
	failures      unanswered
	pinned        judged
}

func (c *rechecking) plan(l *plannedLock) {
	for _, ref := range ir.Sorted(l.uses) {
		if old, pinned := l.Old.Images[ref]; pinned {
			c.tags.add(l, pin.Query{Ref: ref, Platforms: union(old.Platforms, c.platforms), Single: old.Index != ""})
			c.pinned.add(ref, old.Digest, l.uses[ref])
			continue
		}
		for _, n := range l.uses[ref] {
			c.diags.Add(pin.Missing(pin.Image{Ref: ref, Node: n}))
		}
	}
	for _, ref := range ir.Sorted(l.digested) {
		c.digests.add(l, pin.Query{Ref: ref, Platforms: c.platforms})
		c.pinned.add(ref, "", l.digested[ref])
	}
}

// tag takes what a tag stands for now. Where that is not what is pinned, the
// pinned digest is asked for itself.
func (c *rechecking) tag(l *plannedLock, ref string, a pin.Answer) {
	old := l.Old.Images[ref]
	entry := c.entries[l].Find(ref, "digest")
	moved := a.Entry.Digest != old.Digest || a.Entry.Index != old.Index
	switch f := a.Failure; {
	case f != nil && f.Code == "":
		c.failures.add(ref, f)
		return
	case f != nil && f.Code == diag.ImageNotFound:
		c.diags.Add(entry.Errorf(diag.MovedTag, "%s no longer has the tag of %s", f.Registry, ref).
			WithHint("see that the spec has the tag that is meant"))
	case f != nil && (f.Code != diag.MissingPlatform || !moved):
		c.diags.Add(c.platform(l, ref, f))
		return
	case moved:
		c.diags.Add(entry.Errorf(diag.MovedTag, "%s now stands for %s", ref, cmp.Or(a.Entry.Index, a.Entry.Digest)).
			WithHint("to follow it, run: belay pin --update='%s'", ref))
	default:
		return
	}
	c.digests.add(l, pin.Query{Ref: ref, Digest: old.Digest, Platforms: union(old.Platforms, c.platforms)})
}

// digest takes what there is of a digest.
func (c *rechecking) digest(l *plannedLock, q pin.Query, a pin.Answer) {
	switch f := a.Failure; {
	case f == nil:
	case f.Code == "":
		c.failures.add(q.Ref, f)
	case q.Digest == "":
		c.diags.Add(refusal(q.Ref, f, l.digested[q.Ref]))
	case f.Code == diag.ImageNotFound:
		c.diags.Add(c.entries[l].Find(q.Ref, "digest").Errorf(diag.DeletedDigest, "%s no longer has what %s is pinned to: new nodes can't pull it", f.Registry, q.Ref).
			WithHint("push it again, or pin what the tag stands for now: belay pin --update='%s'", q.Ref))
	default:
		c.diags.Add(c.platform(l, q.Ref, f))
	}
}

// platform tells a failure of a pinned image, in the lock.
func (c *rechecking) platform(l *plannedLock, ref string, f *pin.Failure) diag.Diagnostic {
	entry := c.entries[l].Find(ref)
	at := entry.Find("digest")
	if listed := entry.Field("platforms"); f.Code == diag.MissingPlatform && listed != nil {
		at = listed
	}
	return at.Errorf(f.Code, "%s: %s %s", ref, f.Registry, f.Message).WithHint("%s", f.Hint)
}
