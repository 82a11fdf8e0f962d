package cmp

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/render"
	"github.com/belay-sh/belay/target"
)

// Parameters are what an Application asks of the plugin.
type Parameters struct {
	path    string
	apps    []string
	tags    []string
	knative string
	istio   string
	cluster render.Side
}

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
	{"app", "Apps", "only these apps of the specs, by name or namespace/name; all, if there are none", "array",
		func(p *Parameters, v value) error { p.apps = v.Array; return nil }},
	{"tags", "Tags", "values for the @tag attributes of the CUE", "map",
		func(p *Parameters, v value) error {
			for _, key := range ir.Sorted(v.Map) {
				p.tags = append(p.tags, key+"="+v.Map[key])
			}
			return nil
		}},
	{"target-knative", "Knative", "the release of Knative to compile for, instead of the spec's", "string",
		func(p *Parameters, v value) error { p.knative = *v.String; return release(*v.String, target.Knatives) }},
	{"target-istio", "Istio", "the release of Istio to compile for, instead of the spec's", "string",
		func(p *Parameters, v value) error { p.istio = *v.String; return release(*v.String, target.Istios) }},
	{"cluster", "Cluster", "only the objects of this cluster, where the mesh has one of its own: dataplane or mesh", "string",
		func(p *Parameters, v value) error {
			p.cluster = render.Side(*v.String)
			if !slices.Contains([]render.Side{render.Whole, render.Dataplane, render.Mesh}, p.cluster) {
				return fmt.Errorf("%s is neither dataplane nor mesh", p.cluster)
			}
			return nil
		}},
}

func release(text string, releases []target.Version) error {
	v, ok := target.Parse(text)
	if listed, list := target.Known(v, releases); text != "" && (!ok || !listed) {
		return fmt.Errorf("%s is not a release that belay knows; it knows %s", text, list)
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
	for _, v := range values {
		i := slices.IndexFunc(known, func(k parameter) bool { return k.name == v.Name })
		if i < 0 {
			return p, fmt.Errorf("there is no parameter %s; there are %s", v.Name, strings.Join(names(), ", "))
		}
		if known[i].form == "string" && v.String == nil || v.form() != "" && v.form() != known[i].form {
			return p, fmt.Errorf("the parameter %s takes a %s", v.Name, known[i].form)
		}
		if err := known[i].set(&p, v); err != nil {
			return p, fmt.Errorf("the parameter %s: %w", v.Name, err)
		}
	}
	return p, nil
}

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

func (p Parameters) paths() []string {
	if p.path == "" {
		return []string{"."}
	}
	return []string{p.path}
}

// options are the compiler's, with what the parameters say.
func (p Parameters) options(opts compiler.Options) compiler.Options {
	opts.Tags, opts.Apps = p.tags, p.apps
	opts.Knative, opts.Istio = p.knative, p.istio
	return opts
}
