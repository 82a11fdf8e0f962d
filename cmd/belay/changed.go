package main

import (
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/render"
)

// allSpecs selects every spec below the working directory.
const allSpecs = "./..."

// inputs returns the paths to compile: the arguments, or with changed the specs that
// the files which they name are a part of.
func inputs(args []string, changed bool, opts load.Options) []string {
	if changed {
		return load.Changed(args, opts)
	}
	return paths(args)
}

// changes are the specs to compile, and with --changed what the commit touches.
type changes struct {
	specs   []string
	invoked []string // the paths of a command that does the same for all specs
	opts    compiler.Options
	part    bool     // the flags are for other specs as well
	touched []string // files of the commit below the output directory, relative to it
	removed func() bool
}

// findChanges returns the changes of the arguments: paths, or with --changed files
// of a commit. It starts git at once, which takes longer than to compile.
func (c *cli) findChanges(f *renderFlags, args []string, opts compiler.Options) changes {
	if !f.changed {
		return changes{specs: paths(args), invoked: paths(args), opts: opts, removed: func() bool { return false }}
	}
	ch := changes{invoked: []string{allSpecs}, opts: opts}
	var sources []string
	for _, file := range args {
		rel, err := filepath.Rel(c.outputDirectory(f), opts.Abs(file))
		if err == nil && filepath.IsLocal(rel) {
			ch.touched = append(ch.touched, filepath.ToSlash(rel))
		} else {
			sources = append(sources, file)
		}
	}
	ch.specs = inputs(sources, true, opts.Options)
	if !ch.whole() {
		ch.part = true
		ch.removed = sync.OnceValue(func() bool { return c.removed(f.output) })
		go func() {
			defer fault.Exit()
			ch.removed()
		}()
	}
	return ch
}

func (ch changes) whole() bool { return slices.Equal(ch.specs, ch.invoked) }

// needsAll reports whether all specs must be compiled to check the commit: if it
// removes files, or touches files in the directory, or what is fetched for it, that
// other specs own.
func (ch changes) needsAll(plan *render.Plan) bool {
	return ch.removed() || plan.KeepsRemote || slices.ContainsFunc(ch.touched, func(name string) bool {
		return slices.Contains(plan.Kept, name)
	})
}

// removed reports whether the next commit removes files that specs are compiled
// from, or files of the output directory. pre-commit does not name removed files.
func (c *cli) removed(output string) bool {
	git := exec.Command("git", "diff", "--cached", "--name-only", "--no-renames", "--diff-filter=D", "--", "*.cue", "*belay.lock", output)
	git.Dir = c.Dir
	out, err := git.Output()
	return err != nil || len(out) > 0
}

// filesLast returns the arguments of a hook with the names of files after "--", so
// that a file with a name like a flag is not one. Hosts append names of files to the
// arguments that a user chose.
func (c *cli) filesLast(args []string) []string {
	if !slices.Contains(args, "--changed") || slices.Contains(args, "--") {
		return args
	}
	var flags, files []string
	for _, arg := range args {
		if _, err := os.Lstat(filepath.Join(c.Dir, arg)); err == nil && strings.HasPrefix(arg, "-") {
			files = append(files, arg)
		} else {
			flags = append(flags, arg)
		}
	}
	return slices.Concat(flags, []string{"--"}, files)
}

// unverified returns the files below the output directory that the commit touches and
// that no spec of the run emits or owns.
func (ch changes) unverified(plan *render.Plan) []string {
	return slices.DeleteFunc(slices.Clone(plan.Kept), func(name string) bool { return !slices.Contains(ch.touched, name) })
}
