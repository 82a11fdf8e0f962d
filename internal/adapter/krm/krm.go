// Package krm is belay as a KRM function: what kustomize and kpt run, with a
// ResourceList on standard input and on standard output. It turns the host's
// configuration into a spec, calls the compiler, and turns objects and
// diagnostics into items and results; or it looks after items that belay made
// and others changed since.
//
// The contract is Kubernetes' own
// (https://github.com/kubernetes-sigs/kustomize/blob/master/cmd/config/docs/api-conventions/functions-spec.md);
// what kustomize makes of it has traps, and comments say where.
package krm

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/kio"
	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
)

// A list is the ResourceList of a call, with the parts that kinds work on.
type list struct {
	config  *config
	items   []*yaml.RNode
	results Results
	opts    Options
}

// Options of a call.
type Options struct {
	compiler.Options
	Evaluate bool // evaluate CUE, where the configuration names files with it
}

// ErrEvaluates is what a call ends with that needs CUE to be evaluated, where
// that is not to be done: in a process that nobody watches.
var ErrEvaluates = errors.New("the function evaluates CUE")

// kinds are the kinds of functions, by the kind of their configuration.
var kinds = map[string]func(*list) error{
	"App":      (*list).generate,
	"Apps":     (*list).generate,
	"Render":   (*list).generate,
	"Pin":      (*list).pin,
	"Finalize": (*list).finalize,
	"Vet":      (*list).vet,
}

// Run answers a call. Diagnostics become results of the list, which comes back
// with errors among them too, its items then as they were: hosts read standard
// output before they look at the exit code. The error is about the call itself;
// there is no list then.
func Run(in []byte, opts Options) ([]byte, Results, error) {
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
	l := &list{items: items, opts: opts}
	if err := l.run(around.FunctionConfig); err != nil {
		return nil, nil, err
	}
	if l.results.HasErrors() {
		if around, l.items, err = read(in); err != nil {
			return nil, nil, err
		}
	}
	if len(l.results) > 0 {
		if around.Results, err = l.results.node(); err != nil {
			return nil, nil, err
		}
	}
	out, err := write(around, l.items)
	return out, l.results, err
}

// read reads a ResourceList: its items, and what is around them.
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
	case len(items) == 0:
		return around, nil, checkItems(in)
	}
	items = slices.DeleteFunc(items, yaml.IsMissingOrNull)
	for i, item := range items {
		if item.YNode().Kind != yaml.MappingNode {
			return nil, nil, cmp.Or(checkItems(in), fmt.Errorf("item %d of the ResourceList is not an object", i+1))
		}
	}
	return around, items, nil
}

// checkItems returns an error for a ResourceList whose items are something else
// than a list. kyaml leaves out a text, and takes the keys of a map for items.
func checkItems(in []byte) error {
	document, err := yaml.Parse(string(in))
	if err != nil {
		return fmt.Errorf("standard input: %w", err)
	}
	if items := field(document, "items"); !yaml.IsMissingOrNull(items) && items.YNode().Kind != yaml.SequenceNode {
		return errors.New("the items of the ResourceList are not a list")
	}
	return nil
}

// run does what the configuration asks for. With errors among the results the
// items are of no use.
func (l *list) run(functionConfig *yaml.RNode) (err error) {
	if l.config, err = newConfig(functionConfig); err != nil {
		return err
	}
	l.results.add(l.config.check()...)
	if !l.results.HasErrors() {
		err = kinds[l.config.kind](l)
	}
	l.results.sort()
	return err
}
