package main

import (
	"errors"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/adapter/argocd"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

// files returns the files of the bundles of a run.
func (f *renderFlags) files(bundles []ir.Bundle) (files []render.File, err error) {
	for _, m := range bundles {
		clusters := m.Clusters()
		if f.cluster != "" {
			clusters = []ir.Cluster{ir.Cluster(f.cluster)}
		}
		switch {
		case f.replay:
			files = append(files, render.Steps(m)...)
		case !f.argocd:
			files = append(files, render.Bundle(m, clusters...)...)
		case m.ArgoCD == nil:
			return nil, errors.New("the specs have no argocd, which names the repository and the clusters; see: belay explain argocd")
		default:
			files = append(files, argocd.Bundle(m, clusters...)...)
		}
	}
	return files, nil
}

// scope returns what a run may change in the output directory.
func (f *renderFlags) scope(run compiler.Run) render.Scope {
	scope := render.Scope{Coverage: run.Coverage, Prune: f.prune}
	switch {
	case f.replay:
		scope.Within = render.IsStep
	case f.cluster != "":
		var prefixes []string
		for _, m := range run.Bundles {
			prefixes = append(prefixes, path.Join(m.Target, f.cluster)+"/")
		}
		scope.Within = func(name string) bool {
			return slices.ContainsFunc(prefixes, func(prefix string) bool { return strings.HasPrefix(name, prefix) })
		}
	}
	return scope
}

// outputDirectory returns the directory of -o, absolute.
func (c *cli) outputDirectory(f *renderFlags) string {
	if filepath.IsAbs(f.output) {
		return f.output
	}
	return filepath.Join(c.Dir, f.output)
}
