// Package krm is belay as a KRM function: what kustomize and kpt run, with a
// ResourceList on standard input and on standard output. It turns the host's
// configuration into a spec, calls the compiler, and turns objects and
// diagnostics into items and results; or it passes the items to package overlay,
// which validates and repairs them.
//
// The contract is Kubernetes' own
// (https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md).
// Comments say where kustomize deviates from it.
package krm

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/overlay"
)

// A call is one invocation of the function: its configuration, its items and its
// results.
type call struct {
	ctx     context.Context
	config  *config
	items   []*yaml.RNode
	results Results
	opts    compiler.Options
}

// ErrEvaluates is the error of a call that needs CUE to be evaluated, with options
// without CUE: in a program that is linked without it, or in a process that may not
// evaluate it because no limits are enforced on it.
var ErrEvaluates = errors.New("the function evaluates CUE")

// kinds maps the kind of a configuration to the function that it configures.
var kinds = map[string]func(*call) error{
	"App":      (*call).generate,
	"Apps":     (*call).generate,
	"Render":   (*call).generate,
	"Pin":      (*call).pin,
	"Finalize": (*call).finalize,
	"Vet":      (*call).vet,
}

// Run executes a call and returns the ResourceList to print. Diagnostics become
// results of the list. If there are errors among them, the items are returned
// unchanged: hosts read standard output before they look at the exit code. If the
// call itself is invalid, Run returns an error and no list.
func Run(ctx context.Context, in []byte, opts compiler.Options) ([]byte, Results, error) {
	in, err := plain(in)
	if err != nil {
		return nil, nil, fmt.Errorf("standard input: %w", err)
	}
	around, items, err := read(in)
	if err != nil {
		return nil, nil, err
	}
	if limit := opts.Limits.Objects; limit > 0 && len(items) > limit {
		return nil, nil, fmt.Errorf("the ResourceList has more than %d items", limit)
	}
	c := &call{ctx: ctx, items: items, opts: opts}
	if err := c.run(around.FunctionConfig); err != nil {
		return nil, nil, err
	}
	if c.results.HasErrors() {
		if around, c.items, err = read(in); err != nil {
			return nil, nil, err
		}
	}
	if len(c.results) > 0 {
		if around.Results, err = c.results.First(opts.Limits.Mistakes).node(); err != nil {
			return nil, nil, err
		}
	}
	out, err := write(around, c.items)
	return out, c.results, err
}

// read reads a ResourceList and returns its items, and the list around them.
func read(in []byte) (*kio.ByteReadWriter, []*yaml.RNode, error) {
	around := &kio.ByteReadWriter{
		Reader:                bytes.NewReader(in),
		OmitReaderAnnotations: true, KeepReaderAnnotations: true, // every annotation is someone's
	}
	items, err := around.Read()
	switch {
	case err != nil:
		return nil, nil, fmt.Errorf("standard input: %w", err)
	case around.WrappingKind != kio.ResourceListKind:
		return nil, nil, errors.New("standard input is no ResourceList; the function is run by kustomize or kpt, not by hand")
	case yaml.IsMissingOrNull(around.FunctionConfig):
		return nil, nil, errors.New("the ResourceList has no functionConfig")
	}
	if f, ok := overlay.CheckShape(around.FunctionConfig); !ok {
		return nil, nil, fmt.Errorf("the functionConfig: %s", f.Message)
	}
	if len(items) == 0 {
		return around, nil, checkItems(in)
	}
	items = slices.DeleteFunc(items, yaml.IsMissingOrNull)
	for i, item := range items {
		if item.YNode().Kind != yaml.MappingNode {
			return nil, nil, cmp.Or(checkItems(in), fmt.Errorf("item %d of the ResourceList is not an object", i+1))
		}
		if f, ok := overlay.CheckShape(item); !ok {
			return nil, nil, fmt.Errorf("item %d of the ResourceList: %s", i+1, f.Message)
		}
	}
	return around, items, nil
}

// checkItems returns an error for a ResourceList whose items are not a list. kyaml
// ignores a text, and reads the keys of a map as items.
func checkItems(in []byte) error {
	document, err := yaml.Parse(string(in))
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if items := fieldOf(document, "items"); !yaml.IsMissingOrNull(items) && items.YNode().Kind != yaml.SequenceNode {
		return errors.New("the items of the ResourceList are not a list")
	}
	return nil
}

// run does what the configuration asks for. If there are errors among the
// results, the items may be half changed.
func (c *call) run(functionConfig *yaml.RNode) (err error) {
	c.config = newConfig(functionConfig)
	c.results.add(c.config.check()...)
	if !c.results.HasErrors() {
		err = kinds[c.config.kind](c)
	}
	c.results.sort()
	return err
}
