package main

import (
	"context"
	"fmt"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/rendered"
)

// vetPaths reports what is wrong with the specs that the arguments name, and with
// the objects. With --changed, files of objects are validated beside the specs that
// changed files are a part of.
func (f *vetFlags) vetPaths(ctx context.Context, args []string, opts compiler.Options) (diags diag.List, err error) {
	named := paths(args)
	if f.changed {
		named = args
	}
	objects, over, err := rendered.Find(ctx, named, opts)
	if err != nil || over.HasErrors() {
		return over, err
	}
	specs := objects.Specs
	if f.changed {
		specs = inputs(args, true, opts.Options)
	}
	if len(objects.Sets) > 0 {
		if diags, err = f.vetObjects(ctx, objects.Sets, opts); err != nil || len(specs) == 0 {
			return diags, err
		}
	}
	run, found, err := compiler.CompileAll(ctx, specs, opts)
	if err != nil {
		return nil, err
	}
	if len(run.Bundles) == 0 && len(found) == 0 && !f.changed {
		return nil, noSpec(specs)
	}
	return append(diags, f.invocation(specs).Complete(found)...), nil
}

// vetObjects reports what is wrong with the objects that paths name. With --changed,
// flags that are for specs are for those of the same run.
func (f *vetFlags) vetObjects(ctx context.Context, sets []*load.ObjectSet, opts compiler.Options) (diag.List, error) {
	for _, flag := range []struct {
		name string
		set  bool
	}{{"--app", len(f.Apps) > 0}, {"--tag", len(f.Tags) > 0}, {"--namespace", f.Namespace != ""}, {"--policy", f.Bounds.Policy != ""}} {
		if flag.set && !f.changed {
			return nil, fmt.Errorf("%s is for specs, and %s has objects", flag.name, sets[0].Files[0].Path)
		}
	}
	diags, err := rendered.Vet(ctx, sets, opts)
	return f.invocation([]string{allSpecs}).Complete(diags), err // the paths of the specs are not known
}
