// Package argoplugin is belay as a config management plugin of Argo CD: what its
// repo-server runs in the directory of an Application, with parameters in the
// environment, for manifests on standard output. It turns parameters into the
// compiler's options, and what the specs can take into an announcement.
//
// Argo CD caches manifests by the revision and the Application, and not by the
// plugin, the directory or the cluster's versions: the output depends on the
// files and the parameters alone.
package argoplugin

import (
	"context"
	"errors"
	"path/filepath"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/invocation"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

// Root is the directory that Argo CD unpacked a repository into, or the part of
// it that the Application asked for: dir less what it has in common with the
// Application's path, which stays the one in the repository.
func Root(dir, sourcePath string) string {
	elements := strings.Split(filepath.ToSlash(filepath.Clean(sourcePath)), "/")
	root := dir
	for i := len(elements) - 1; i >= 0 && filepath.Base(root) == elements[i]; i-- {
		root = filepath.Dir(root)
	}
	return root
}

// Generate compiles the specs that the parameters choose, and returns the objects as
// a stream. annotate is called with the bundle and the warnings about each app, and
// returns the bundle to print. The output is never empty without an error: Argo CD
// would take that for an Application without objects, and delete them all.
func Generate(ctx context.Context, p Parameters, opts compiler.Options, annotate func(ir.Bundle, map[ir.FileKey][]string) ir.Bundle) ([]byte, diag.List, error) {
	opts = p.options(opts)
	paths, diags := p.paths(ctx, opts)
	if diags.HasErrors() {
		return nil, p.complete(diags, paths, opts), nil
	}
	if len(p.optional) > 0 {
		opts.Tags = append(opts.Tags, p.optionalTags(compiler.Tags(paths, opts))...)
	}
	run, diags, err := compiler.CompileAll(ctx, paths, opts)
	diags = p.complete(p.applyStrict(diags), paths, opts)
	if err != nil || diags.HasErrors() {
		return nil, diags, err
	}
	b, err := p.selected(run)
	if err != nil {
		return nil, diags, err
	}
	return render.Stream(annotate(b, warnings(run)).Objects), diags, nil
}

// complete returns diagnostics whose hints propose commands for the specs of the
// Application.
func (p Parameters) complete(diags diag.List, paths []string, opts compiler.Options) diag.List {
	return invocation.InRepository(opts.Options, paths,
		"-n", p.namespace, "--target", p.target, "--target-knative", p.knative, "--target-istio", p.istio).Complete(diags)
}

// selected returns the part of a run that the parameters choose, which is not
// empty.
func (p Parameters) selected(run compiler.Run) (ir.Bundle, error) {
	var bundles []ir.Bundle
	for _, b := range run.Bundles {
		bundles = append(bundles, p.ofShared(b))
	}
	b, err := bundle.Select(bundles, p.cluster, bundle.Choice{
		Target: "the parameter target", Cluster: "the parameter cluster: dataplane or mesh",
	})
	switch {
	case err != nil && !errors.Is(err, bundle.ErrEmpty):
		return b, err
	case len(b.Objects)+len(b.Hooks) > 0:
		return b, nil
	case p.shared == onlyShared:
		return b, errors.New("the specs declare no namespaces and no platform, which is all that the parameter shared: only leaves; Argo CD would delete those that there are")
	}
	return b, errors.New("the specs make no objects here; Argo CD would delete those that there are")
}
