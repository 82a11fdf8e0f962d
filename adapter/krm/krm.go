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
	"errors"
	"fmt"

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
	var out bytes.Buffer
	rw := &kio.ByteReadWriter{
		Reader: bytes.NewReader(in), Writer: &out,
		OmitReaderAnnotations: true, KeepReaderAnnotations: true, // every annotation is someone's
	}
	items, err := rw.Read()
	if err != nil {
		return nil, nil, fmt.Errorf("standard input: %w", err)
	}
	if rw.WrappingKind != kio.ResourceListKind {
		return nil, nil, errors.New("standard input is no ResourceList; the function is run by kustomize or kpt, not by hand")
	}
	if rw.FunctionConfig == nil {
		return nil, nil, errors.New("the ResourceList has no functionConfig")
	}
	if limit := opts.Limits.Objects; limit > 0 && len(items) > limit {
		return nil, nil, fmt.Errorf("the ResourceList has more than %d items", limit)
	}
	l := &list{items: items, opts: opts}
	after, err := l.run(rw.FunctionConfig)
	if err != nil {
		return nil, nil, err
	}
	if len(l.results) > 0 {
		if rw.Results, err = l.results.node(); err != nil {
			return nil, nil, err
		}
	}
	err = rw.Write(after)
	return out.Bytes(), l.results, err
}

// run returns the items of the answer.
func (l *list) run(functionConfig *yaml.RNode) ([]*yaml.RNode, error) {
	before := make([]*yaml.RNode, len(l.items))
	for i, item := range l.items {
		before[i] = item.Copy()
	}
	var err error
	if l.config, err = newConfig(functionConfig); err != nil {
		return nil, err
	}
	l.results.add(l.config.check()...)
	if !l.results.HasErrors() {
		if err := kinds[l.config.kind](l); err != nil {
			return nil, err
		}
	}
	l.results.sort()
	if l.results.HasErrors() {
		return before, nil
	}
	return l.items, nil
}
