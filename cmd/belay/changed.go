package main

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/fault"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/render"
)

// all is every package below the working directory.
const all = "./..."

// inputs are the paths to compile: the arguments, or with changed what the
// files that they name have a part in.
func inputs(args []string, changed bool, opts load.Options) []string {
	if changed {
		return load.Changed(args, opts)
	}
	return paths(args)
}

// changes are the specs that files which changed have a part in, and what those
// files were in the last commit, if that can be known.
type changes struct {
	specs  []string
	opts   compiler.Options
	before func() (files map[string][]byte, ok bool)
}

// changes starts to ask git at once: it takes longer than to compile.
func (c *cli) changes(files, specs []string, opts compiler.Options) changes {
	ch := changes{specs: specs, opts: opts}
	if ch.whole() {
		return ch
	}
	removed := sync.OnceValue(c.removed)
	before := sync.OnceValues(func() (map[string][]byte, bool) { return c.lastCommit(files) })
	go func() {
		defer fault.Exit()
		removed()
	}()
	go func() {
		defer fault.Exit()
		before()
	}()
	ch.before = func() (map[string][]byte, bool) {
		contents, ok := before()
		return contents, ok && !removed()
	}
	return ch
}

func (ch changes) whole() bool { return slices.Contains(ch.specs, all) }

// partial compares a directory with the bundle of some of its specs: their
// files must be there, and those that only the last commit's specs made must
// not. It is not ok if the last commit can't be compiled, or there is none.
func (f *renderFlags) partial(dir string, files []render.File, ch changes) (p *render.Plan, ok bool, err error) {
	opts := ch.opts
	if opts.Files, ok = ch.before(); !ok {
		return nil, false, nil
	}
	opts.MissingPins = diag.Warning
	before, diags, err := compiler.CompileAll(ch.specs, opts)
	if err != nil || diags.HasErrors() {
		return nil, false, nil
	}
	old, err := f.files(before.Bundles)
	if err != nil {
		return nil, false, nil
	}
	own := func(files []render.File) map[string]render.File {
		byPath := map[string]render.File{}
		for _, f := range files {
			if filepath.Base(f.Path) != "kustomization.yaml" { // that is everybody's
				byPath[f.Path] = f
			}
		}
		return byPath
	}
	now, gone := own(files), own(old)
	files = nil
	for _, name := range ir.Sorted(now) {
		files = append(files, now[name])
		delete(gone, name)
	}
	p, err = render.NewPartialPlan(dir, files, ir.Sorted(gone))
	return p, true, err
}

// lastCommit is what files were in the last commit, by absolute path. Of one
// that was not there the package clause is left.
func (c *cli) lastCommit(files []string) (map[string][]byte, bool) {
	var names bytes.Buffer
	for _, f := range files {
		fmt.Fprintf(&names, "HEAD:./%s\n", filepath.ToSlash(f))
	}
	git := exec.Command("git", "cat-file", "--batch")
	git.Dir, git.Stdin = c.dir, &names
	out, err := git.Output()
	if err != nil {
		return nil, false
	}
	contents := map[string][]byte{}
	r := bufio.NewReader(bytes.NewReader(out))
	for _, f := range files {
		abs := filepath.Join(c.dir, f)
		head, err := r.ReadString('\n')
		if err != nil {
			return nil, false
		}
		var id, kind string
		var size int64
		if n, _ := fmt.Sscan(head, &id, &kind, &size); n != 3 {
			now, err := c.readFile(f)
			if err != nil || !strings.HasSuffix(head, "missing\n") {
				return nil, false
			}
			contents[abs] = packageClause(now)
			continue
		}
		data := make([]byte, size+1) // and a line feed
		if _, err := io.ReadFull(r, data); err != nil {
			return nil, false
		}
		contents[abs] = data[:size]
	}
	return contents, true
}

// removed reports whether the commit to come removes files that specs are
// compiled from: pre-commit does not name them.
func (c *cli) removed() bool {
	git := exec.Command("git", "diff", "--cached", "--name-only", "--no-renames", "--diff-filter=D", "--", "*.cue", "*belay.lock")
	git.Dir = c.dir
	out, err := git.Output()
	return err != nil || len(out) > 0
}

// packageClause is the line of a CUE file that says what package it is of.
func packageClause(data []byte) []byte {
	for line := range bytes.Lines(data) {
		if bytes.HasPrefix(line, []byte("package ")) {
			return line
		}
	}
	return nil
}
