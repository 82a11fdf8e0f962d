package main

import (
	"os/exec"
	"path/filepath"
)

const fixture = "../fixtures/hello-split"

// cold is one app from a cold start: the article's, two revisions, three objects.
func cold(work string, t tools, s sizes, r *report) error {
	dir, err := filepath.Abs(fixture)
	if err != nil {
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
