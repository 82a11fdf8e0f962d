// Package cuelang reads specs that are written in CUE. It is the part of load
// that knows CUE, and a package of its own since linking CUE's evaluator costs
// a process two milliseconds before it does anything: a program that takes specs
// in YAML alone, as a KRM function does, can go without.
package cuelang

import (
	"slices"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// Language reads CUE: what load.Options hold for programs that do.
type Language struct{}

var _ load.Language = Language{}

// unit is one of the run's, in CUE.
type unit struct{ *load.Unit }

// Package reads the CUE package in the unit's directory. Most packages need
// nothing of CUE's module machinery, and cue/load takes three times as long as
// parsing and evaluating; so belay assembles those itself, by the same rules, and
// leaves the others to cue/load.
func (Language) Package(of *load.Unit) (*ir.Node, diag.List) {
	u := unit{of}
	p, diags := u.assemble()
	if diags.HasErrors() {
		if u.Found && !slices.ContainsFunc(p.files, declaresSpec) && diags[0].Code != diag.InvalidModule {
			return nil, nil
		}
		return nil, diags
	}
	return u.build(p)
}

// Files reads CUE files without the package around them: one, or several of one package.
func (Language) Files(of *load.Unit, contents map[string][]byte) (*ir.Node, diag.List) {
	u := unit{of}
	p, diags := u.assembleFiles(contents)
	if diags.HasErrors() {
		return nil, diags
	}
	return u.build(p)
}

// parse parses what the unit consists of, a package or files.
func (u unit) parse() (*parts, diag.List) {
	if u.File == "" {
		return u.assemble()
	}
	contents, diags := u.Contents()
	if diags.HasErrors() {
		return newParts(), diags
	}
	return u.assembleFiles(contents)
}

// build evaluates what a unit consists of.
func (u unit) build(p *parts) (*ir.Node, diag.List) {
	if p.nothing() {
		return nil, u.nothing()
	}
	tags := u.ownTags(p)
	if p.loader || len(tags) > 0 {
		return u.loadWithCUE(p, tags)
	}
	inst := build.NewContext().NewInstance(u.Dir, nil)
	inst.User = u.File != ""
	for _, f := range p.files {
		if err := inst.AddSyntax(f); err != nil {
			return u.evaluate(&converter{unit: u, files: p.files}, inst, err)
		}
	}
	return u.evaluate(&converter{unit: u, files: p.files}, inst, nil)
}

// nothing is the error for a unit that was named and has no files that count.
func (u unit) nothing() diag.List {
	if u.Found {
		return nil
	}
	return diag.List{{
		Code: diag.NotASpec, Severity: diag.Error, At: u.Start(),
		Message: "the CUE files here are for tests or tools, or for no package",
		Hint:    "CUE leaves out files whose names end in _test.cue or _tool.cue",
	}}
}

// evaluate turns an instance into a source tree. Each unit has a context of
// its own: CUE keeps what a context ever evaluated, and a new one costs less
// than a microsecond.
func (u unit) evaluate(c *converter, inst *build.Instance, err error) (*ir.Node, diag.List) {
	if err != nil {
		return nil, c.failures(err)
	}
	value := cuecontext.New().BuildInstance(inst)
	if c.loader != nil {
		if diags := c.loader.wrongTags(value, inst); diags.HasErrors() {
			return nil, diags
		}
	}
	root, diags := c.root(value)
	if u.Found && !load.IsSpec(root) && !slices.ContainsFunc(c.files, declaresSpec) {
		return nil, nil
	}
	return root, diags
}

// DeclaresSpec reports whether a file of the unit's own directory sets a field
// of the spec, and all of them can be read.
func (Language) DeclaresSpec(of *load.Unit) bool {
	u := unit{of}
	p := newParts()
	own, diags := u.readDir(p, of.Dir)
	return !diags.HasErrors() && slices.ContainsFunc(own, declaresSpec)
}

// declaresSpec reports whether a file sets a top-level field of the spec.
func declaresSpec(f *ast.File) bool {
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		field, ok := d.(*ast.Field)
		if !ok {
			return false
		}
		name, _, err := ast.LabelName(field.Label)
		return err == nil && load.IsSpecField(name)
	})
}
