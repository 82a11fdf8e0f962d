package frontend

import (
	"fmt"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// A Request is what a caller asks of a run, however its host writes that: as
// flags, parameters or fields. What is empty is left to the specs.
type Request struct {
	Tags      []string // "key=value", or a key
	Apps      []string // names, or namespace/name
	Target    string   // the name of a target
	Namespace string   // of apps whose spec names none
	Knative   string   // release
	Istio     string   // release
	Lock      string   // the path of the lock, instead of the nearest one
	Bounds
}

// Options checks a request, and returns the compiler's options for it. name
// returns what the host calls a setting, such as "--namespace" for "namespace", as
// messages begin with it.
func (p Process) Options(r Request, name func(setting string) string) (compiler.Options, error) {
	opts := compiler.Options{
		Options:   load.Options{CUE: p.CUE, Dir: p.Dir, Tags: r.Tags, Stdin: p.Stdin},
		Overrides: check.Overrides{Knative: r.Knative, Istio: r.Istio, Namespace: r.Namespace},
		Target:    r.Target,
		Apps:      r.Apps,
		Policy:    r.Policy,
	}
	if err := r.Bounds.apply(&opts.Options); err != nil {
		return opts, err
	}
	for _, setting := range []struct {
		name string
		err  error
	}{
		{"target-knative", CheckRelease(r.Knative, target.Knatives)},
		{"target-istio", CheckRelease(r.Istio, target.Istios)},
		{"namespace", CheckNamespace(r.Namespace)},
	} {
		if setting.err != nil {
			return opts, fmt.Errorf("%s %w", name(setting.name), setting.err)
		}
	}
	if r.Lock != "" {
		opts.LockFile = opts.Abs(r.Lock)
	}
	return opts, nil
}

// CheckRelease returns an error for text that is not one of some releases; ""
// is none, and accepted.
func CheckRelease(text string, releases []target.Version) error {
	v, ok := target.Parse(text)
	if listed, list := target.Known(v, releases); text != "" && (!ok || !listed) {
		return fmt.Errorf("%s is not a release that belay knows; it knows %s", text, list)
	}
	return nil
}

// CheckNamespace returns an error for text that is not the name of a namespace;
// "" is none, and accepted.
func CheckNamespace(text string) error {
	form := schema.Document.Field("target").Type.Field("name").Type.Pattern
	if text == "" || form.Match(text) {
		return nil
	}
	return fmt.Errorf("%s is not the name of a namespace, such as team-a; it takes %s", text, form.Form)
}
