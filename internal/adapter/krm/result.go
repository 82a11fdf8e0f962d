package krm

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/overlay"
)

// A Result is what a function reports, in the form of the specification of KRM
// functions. kyaml's own type has the same fields; importing it would cost
// every start of belay a tenth, for patterns that only OpenAPI needs.
type Result struct {
	Message     string                   `yaml:"message"`
	Severity    diag.Severity            `yaml:"severity"` // always there: hosts differ about the default
	ResourceRef *yaml.ResourceIdentifier `yaml:"resourceRef,omitempty"`
	Field       *Field                   `yaml:"field,omitempty"`
	File        *File                    `yaml:"file,omitempty"`
	Tags        map[string]string        `yaml:"tags,omitempty"`
}

// Field is the field of the object that a result is about.
type Field struct {
	Path          string `yaml:"path"`
	CurrentValue  string `yaml:"currentValue,omitempty"`
	ProposedValue string `yaml:"proposedValue,omitempty"`
}

// File is the file that the object is from.
type File struct {
	Path  string `yaml:"path"`
	Index int    `yaml:"index,omitempty"`
}

// Results are the results of a call.
type Results []Result

func (r *Results) add(more ...Result) { *r = append(*r, more...) }

// HasErrors reports whether the call failed.
func (r Results) HasErrors() bool {
	return slices.ContainsFunc(r, func(r Result) bool { return r.Severity == diag.Error })
}

func (r Results) sort() {
	slices.SortStableFunc(r, func(a, b Result) int {
		return cmp.Or(cmp.Compare(a.place(), b.place()), cmp.Compare(a.Message, b.Message))
	})
}

func (r Results) node() (*yaml.RNode, error) {
	text, err := yaml.Marshal(r.printable())
	if err != nil {
		return nil, err
	}
	return yaml.Parse(string(text))
}

// printable returns the results without characters that a terminal would execute.
func (r Results) printable() Results {
	out := slices.Clone(r)
	for i := range out {
		out[i].Message = diag.Printable(out[i].Message)
		if hint := out[i].Tags["hint"]; hint != "" {
			out[i].Tags = maps.Clone(out[i].Tags)
			out[i].Tags["hint"] = diag.Printable(hint)
		}
	}
	return out
}

// String returns the result on one line: kustomize shows standard error, and never
// the results.
func (r Result) String() string {
	line := string(r.Severity)
	if code := r.Tags["code"]; code != "" {
		line += "[" + code + "]"
	}
	if place := r.place(); place != "" {
		line += " " + place
	}
	line += ": " + r.Message
	if hint := r.Tags["hint"]; hint != "" {
		line += " (" + hint + ")"
	}
	return diag.Printable(line)
}

func (r Result) place() string {
	var parts []string
	if ref := r.ResourceRef; ref != nil {
		parts = append(parts, ref.Kind+"/"+ref.Name)
	}
	if r.File != nil && r.Tags["line"] != "" {
		parts = append(parts, fmt.Sprintf("%s:%s:%s", r.File.Path, r.Tags["line"], r.Tags["column"]))
	} else if r.Field != nil {
		parts = append(parts, r.Field.Path)
	}
	return strings.Join(parts, " ")
}

// newResult returns a result about a field of an object.
func newResult(o *yaml.RNode, severity diag.Severity, code diag.Code, path, format string, args ...any) Result {
	called := overlay.Identifier(o)
	r := Result{
		Message: fmt.Sprintf(format, args...), Severity: severity, ResourceRef: &called,
		Tags: map[string]string{"code": string(code)},
	}
	if path != "" {
		r.Field = &Field{Path: path}
	}
	annotations := o.GetAnnotations()
	if file := cmp.Or(annotations[pathAnnotation], annotations[legacyPathAnnotation]); file != "" {
		r.File = &File{Path: file}
		_, _ = fmt.Sscan(cmp.Or(annotations[indexAnnotation], annotations[legacyIndexAnnotation]), &r.File.Index) // 0 if there is none
	}
	return r
}

func (r Result) withHint(format string, args ...any) Result {
	r.Tags["hint"] = fmt.Sprintf(format, args...)
	return r
}
