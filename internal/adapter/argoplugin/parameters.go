package argoplugin

import (
	"cmp"
	"context"
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// Parameters are what an Application sets.
type Parameters struct {
	path      string
	target    string // the name of a target; "" for that of all specs
	apps      []string
	tags      []string
	optional  map[string]string // tags that take effect where a spec has them
	namespace string
	shared    string // one of sharedModes, or "" for the first
	strict    []string
	knative   string
	istio     string
	cluster   ir.Cluster
}

// What an Application has of the objects that several specs may declare alike:
// namespaces and the platform. All of them, none, or nothing else.
const (
	includeShared = "include"
	excludeShared = "exclude"
	onlyShared    = "only"
)

var sharedModes = []string{includeShared, excludeShared, onlyShared}

// allWarnings is the word for every code, in the parameter strict.
const allWarnings = "all"

// A value is a parameter as Argo CD writes it: one of three forms.
type value struct {
	Name   string            `json:"name"`
	String *string           `json:"string,omitempty"`
	Array  []string          `json:"array,omitempty"`
	Map    map[string]string `json:"map,omitempty"`
}

// A parameter is one that the plugin knows.
type parameter struct {
	name, title, tooltip, form string // form: string, array or map
	set                        func(*Parameters, value) error
}

var known = []parameter{
	{"path", "Path", "what to compile, from the Application's directory: a directory or file, or ./... for all below", "string",
		func(p *Parameters, v value) error { p.path = *v.String; return nil }},
	{"target", "Target", "only the specs whose target has this name, where they are for several (target: name)", "string",
		func(p *Parameters, v value) error { p.target = *v.String; return nil }},
	{"app", "Apps", "only these apps of the specs, by name or namespace/name; all, if there are none", "array",
		func(p *Parameters, v value) error { p.apps = v.Array; return nil }},
	{"tags", "Tags", "values for the @tag attributes of the CUE", "map",
		func(p *Parameters, v value) error {
			for _, key := range ir.Sorted(v.Map) {
				p.tags = append(p.tags, key+"="+v.Map[key])
			}
			return nil
		}},
	{"optional-tags", "Optional tags", "values for @tag attributes that not every spec has; a spec without the attribute ignores them", "map",
		func(p *Parameters, v value) error { p.optional = v.Map; return nil }},
	{"namespace", "Namespace", "the namespace of apps whose spec names none, instead of the destination's", "string",
		func(p *Parameters, v value) error {
			p.namespace = *v.String
			return frontend.CheckNamespace(p.namespace)
		}},
	{"shared", "Shared objects", "namespaces and the platform, which several Applications may declare: include, exclude, or only", "string",
		func(p *Parameters, v value) error { p.shared = *v.String; return oneOf(*v.String, sharedModes) }},
	{"strict", "Strict", "codes of warnings that make the sync fail, such as unrecorded-revision, or all", "array",
		func(p *Parameters, v value) error { p.strict = v.Array; return knownCodes(v.Array) }},
	{"target-knative", "Knative", "the release of Knative to compile for, instead of the spec's", "string",
		func(p *Parameters, v value) error {
			p.knative = *v.String
			return frontend.CheckRelease(*v.String, target.Knatives)
		}},
	{"target-istio", "Istio", "the release of Istio to compile for, instead of the spec's", "string",
		func(p *Parameters, v value) error {
			p.istio = *v.String
			return frontend.CheckRelease(*v.String, target.Istios)
		}},
	{"cluster", "Cluster", "only the objects of this cluster, where the mesh has one of its own: dataplane or mesh", "string",
		func(p *Parameters, v value) error {
			var err error
			p.cluster, err = ir.ParseCluster(*v.String)
			return err
		}},
}

// oneOf returns an error for a word that is not one of some; "" is none.
func oneOf(word string, words []string) error {
	if word == "" || slices.Contains(words, word) {
		return nil
	}
	return fmt.Errorf("%s is not one of %s", word, strings.Join(words, ", "))
}

// knownCodes returns an error for a word that is neither a code nor all.
func knownCodes(words []string) error {
	for _, word := range words {
		if _, known := diag.Page(diag.Code(word)); !known && word != allWarnings {
			return fmt.Errorf("%s is not the code of a diagnostic, such as unrecorded-revision, nor all", word)
		}
	}
	return nil
}

// ParseParameters reads the value of ARGOCD_APP_PARAMETERS. It is not set for
// an Application without a plugin block, and null or [] for one without
// parameters.
func ParseParameters(text string) (p Parameters, err error) {
	var values []value
	if text != "" {
		if err := json.Unmarshal([]byte(text), &values); err != nil {
			return p, fmt.Errorf("ARGOCD_APP_PARAMETERS: %w", err)
		}
	}
	for n, v := range values {
		if slices.ContainsFunc(values[:n], func(o value) bool { return o.Name == v.Name }) {
			return p, fmt.Errorf("the parameter %s is set several times; set it once", v.Name)
		}
		i := slices.IndexFunc(known, func(k parameter) bool { return k.name == v.Name })
		if i < 0 {
			return p, fmt.Errorf("there is no parameter %s; there are %s", v.Name, strings.Join(names(), ", "))
		}
		if known[i].form == "string" && v.String == nil || v.form() != "" && v.form() != known[i].form {
			return p, fmt.Errorf("the parameter %s takes %s", v.Name, forms[known[i].form])
		}
		if err := known[i].set(&p, v); err != nil {
			return p, fmt.Errorf("the parameter %s: %w", v.Name, err)
		}
	}
	return p, nil
}

// forms are the forms with their articles, as a sentence has them.
var forms = map[string]string{"string": "a string", "array": "an array", "map": "a map"}

// form is the form of a value; "" for an array or a map of nothing.
func (v value) form() string {
	switch {
	case v.String != nil:
		return "string"
	case len(v.Array) > 0:
		return "array"
	case len(v.Map) > 0:
		return "map"
	}
	return ""
}

func names() (out []string) {
	for _, k := range known {
		out = append(out, k.name)
	}
	return out
}

// paths returns the paths to compile: the parameter's, or those of all specs in the
// Application's directory.
func (p Parameters) paths(ctx context.Context, opts compiler.Options) ([]string, diag.List) {
	if p.path == "" || p.path == "." {
		return compiler.SpecsIn(ctx, opts.Dir, opts)
	}
	return []string{p.path}, nil
}

// options returns the compiler's options with the parameters applied. The namespace
// of the options is the destination's, which the parameter replaces.
func (p Parameters) options(opts compiler.Options) compiler.Options {
	opts.Target, opts.Tags, opts.Apps = p.target, p.tags, p.apps
	opts.Knative, opts.Istio = p.knative, p.istio
	opts.Namespace = cmp.Or(p.namespace, opts.Namespace)
	return opts
}

// optionalTags returns the optional tags that the specs have, without those that the
// parameter tags sets as well.
func (p Parameters) optionalTags(has []string) (tags []string) {
	for _, key := range ir.Sorted(p.optional) {
		set := slices.ContainsFunc(p.tags, func(t string) bool { return strings.HasPrefix(t, key+"=") })
		if slices.Contains(has, key) && !set {
			tags = append(tags, key+"="+p.optional[key])
		}
	}
	return tags
}

// applyStrict returns the list with the warnings that the parameter strict names
// made errors.
func (p Parameters) applyStrict(diags diag.List) diag.List {
	out := slices.Clone(diags)
	for i, d := range out {
		named := slices.Contains(p.strict, allWarnings) || slices.Contains(p.strict, string(d.Code))
		if named && d.Severity == diag.Warning {
			out[i].Severity = diag.Error
		}
	}
	return out
}

// ofShared returns a bundle with the objects that the parameter shared leaves.
func (p Parameters) ofShared(m ir.Bundle) ir.Bundle {
	isShared := func(o ir.Object) bool { return o.FileKey.App == "" }
	switch p.shared {
	case excludeShared:
		m.Objects, m.Hooks, m.Remote = slices.DeleteFunc(slices.Clone(m.Objects), isShared), nil, nil
	case onlyShared:
		m.Objects = slices.DeleteFunc(slices.Clone(m.Objects), func(o ir.Object) bool { return !isShared(o) })
	}
	return m
}
