package bundle

import (
	"slices"

	"github.com/belay-sh/belay/internal/diag"
)

// A Coverage is what a run can say about the owners of files.
type Coverage struct {
	Compiled  map[string]Owner       // what the run compiled, by path, with the tags that it takes
	Tags      []string               // of the run
	Namespace string                 // of the run
	Lost      map[string]diag.Range  // packages that the run read and that are not specs: by path, where they start
	Exists    func(path string) bool // whether there is still a spec, or what was one, at the path of an owner
	Covers    func(path string) bool // whether a PATH of the run includes the path of an owner
	Apps      bool                   // the run compiled only some apps of its specs
}

// HasCompiled reports whether the run compiled an owner as a header names it:
// the spec, with the same tags and namespace. A tag that the spec took when the
// file was written and takes no longer is the same if the run has it.
func (c Coverage) HasCompiled(owner string) bool {
	o, err := ParseOwner(owner)
	return err == nil && o.Namespace == c.Namespace && c.sameTags(o)
}

// sameTags reports whether the run compiled the spec of an owner with its tags.
func (c Coverage) sameTags(o Owner) bool {
	now, ok := c.Compiled[o.Path]
	within := func(some, all []string) bool {
		return !slices.ContainsFunc(some, func(tag string) bool { return !slices.Contains(all, tag) })
	}
	return ok && within(now.Tags, o.Tags) && within(o.Tags, c.Tags)
}

// Keepers returns those owners of a file for whom it must stay, although the
// run does not emit it. There are none if each owner either was compiled in the
// run, or is below a PATH of the run and no longer exists.
func (c Coverage) Keepers(owners []string) []string {
	return slices.DeleteFunc(slices.Clone(owners), func(owner string) bool {
		path := ownerPath(owner)
		return !c.Apps && (c.HasCompiled(owner) || c.Covers(path) && !c.Exists(path))
	})
}

// Rivals returns those owners of a file that the run emits which neither were
// compiled in the run nor ceased to exist. Another namespace of the caller is no
// difference: it would have led to another file.
func (c Coverage) Rivals(owners []string) []string {
	return slices.DeleteFunc(slices.Clone(owners), func(owner string) bool {
		o, err := ParseOwner(owner)
		return err == nil && c.sameTags(o) || !c.Exists(ownerPath(owner))
	})
}

// LostSpec returns where the package of an owner starts, if the run read it and
// it is not a spec any more.
func (c Coverage) LostSpec(owners []string) (path string, at diag.Range, lost bool) {
	for _, owner := range owners {
		path = ownerPath(owner)
		if at, lost = c.Lost[path]; lost {
			return path, at, true
		}
	}
	return "", at, false
}
