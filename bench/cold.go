package main

import (
	"os"
	"os/exec"
	"path/filepath"
)

const fixture = "../fixtures/hello-split"

// cold is one app from a cold start: the article's, two revisions, three objects.
func cold(work string, t tools, s sizes, r *report) error {
	dir := filepath.Join(work, "cold-spec")
	if err := pinnedCopy(fixture, dir); err != nil {
		return err
	}
	bundle := filepath.Join(work, "cold")
	if err := exec.Command(t.belay, "render", dir, "-o", bundle).Run(); err != nil {
		return err
	}
	results, err := inTurn(s.coldRuns,
		command{dir: dir, args: []string{t.belay, "render"}},
		command{dir: dir, args: []string{t.kustomize, "build", bundle}},
		command{dir: dir, args: []string{t.cue, "export"}},
	)
	if err != nil {
		return err
	}
	r.add(section{
		title:  "One app, cold",
		about:  "`belay render` of the article's app against `kustomize build` of the objects that it makes; `cue export` of the spec, for comparison.",
		target: 1.0,
		ratios: ratios(results[0], results[1]),
		rows:   []row{{"belay render", results[0]}, {"kustomize build", results[1]}, {"cue export", results[2]}},
	})
	return nil
}

// pinnedCopy copies a spec with its lock, and adds to the lock the releases that
// "belay pin" would: without them, a run has a note to print.
func pinnedCopy(spec, dir string) error {
	if err := os.CopyFS(dir, os.DirFS(spec)); err != nil {
		return err
	}
	lock, err := os.OpenFile(filepath.Join(dir, "belay.lock"), os.O_APPEND|os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	defer lock.Close()
	_, err = lock.WriteString(releases)
	return err
}
