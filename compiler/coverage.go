package compiler

import (
	"path/filepath"
	"slices"

	"github.com/belay-sh/belay/compiler/load"
)

// coversLock reports whether a run has everything that a lock serves, so that
// what the run does not need can be removed from it. A run for certain tags,
// for certain apps or for one target has not; nor has one over packages with a tag, since other
// values of it may need other images.
func coversLock(lock string, paths []string, opts Options) bool {
	if len(opts.Apps) > 0 || opts.Target != "" || opts.LockFile != "" || len(opts.Tags) > 0 {
		return false
	}
	run, err := load.Find(paths, opts.Options)
	if err != nil {
		return false
	}
	dir := filepath.Dir(lock)
	below, err := load.Find([]string{filepath.Join(dir, "...")}, opts.Options)
	if err != nil || len(below) == 0 {
		return false
	}
	has := func(file string) bool {
		return slices.ContainsFunc(run, func(u *load.Unit) bool { return u.File == file })
	}
	for _, file := range load.SpecFilesBelow(dir, opts.Options) {
		if !has(file) {
			return false
		}
	}
	return !slices.ContainsFunc(below, func(b *load.Unit) bool {
		return len(b.Tags()) > 0 || !slices.ContainsFunc(run, func(u *load.Unit) bool { return u.Path == b.Path })
	})
}
