package relock

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
)

// coversLock reports whether a run has everything that a lock serves, so that
// what the run does not need can be removed from it. A run for certain tags, for
// certain apps or for one target has not; nor has a run over packages with a tag,
// since other values of the tag may need other images.
func coversLock(lock string, paths []string, opts compiler.Options) bool {
	if len(opts.Apps) > 0 || opts.Target != "" || opts.LockFile != "" || len(opts.Tags) > 0 {
		return false
	}
	names, below, err := specsOutside(lock, paths, opts)
	return err == nil && len(names) == 0 && len(below) > 0 &&
		!slices.ContainsFunc(below, func(b *load.Unit) bool { return len(b.Tags()) > 0 })
}

// specsOutside returns the paths of the specs that a lock serves and a run does
// not have, and all packages below the lock.
func specsOutside(lock string, paths []string, opts compiler.Options) (names []string, below []*load.Unit, err error) {
	run, err := load.FindUnits(paths, opts.Options)
	if err != nil {
		return nil, nil, err
	}
	dir := filepath.Dir(lock)
	if below, err = load.FindUnits([]string{filepath.Join(dir, "...")}, opts.Options); err != nil {
		return nil, nil, err
	}
	for _, b := range below {
		if !slices.ContainsFunc(run, func(u *load.Unit) bool { return u.Path == b.Path }) {
			names = append(names, b.Path)
		}
	}
	for _, file := range load.SpecFilesBelow(dir, opts.Options) {
		if !slices.ContainsFunc(run, func(u *load.Unit) bool { return u.File == file }) {
			names = append(names, opts.DisplayPath(file))
		}
	}
	return names, below, nil
}

// checkPrunable returns an error if a run leaves out specs that it could have,
// since it does not see then what they use. Documents of belay's kinds for
// kustomize can be in no run.
func checkPrunable(lock string, paths []string, opts compiler.Options) error {
	if opts.LockFile != "" {
		return nil // the caller decides which specs it is for
	}
	names, _, err := specsOutside(lock, paths, opts)
	if err != nil {
		return nil // the run itself reports it, or there are no packages below
	}
	names = slices.DeleteFunc(names, func(name string) bool {
		abs := opts.Abs(name)
		return opts.Exists(abs) && filepath.Ext(name) != "" && !slices.Contains(load.SpecFiles(filepath.Dir(abs), opts.Options), abs)
	})
	if len(names) == 0 {
		return nil
	}
	all := opts.DisplayPath(filepath.Dir(lock)) + "/..."
	return fmt.Errorf("--prune would remove what specs outside this run use: %s; run: belay pin --prune %s", strings.Join(names, ", "), all)
}
