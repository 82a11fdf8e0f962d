// Package cuelang reads specs that are written in CUE. It is the part of load
// that knows CUE, and a package of its own since linking CUE's evaluator costs
// a process two milliseconds before it does anything: a program that takes specs
// in YAML alone, as a KRM function does, can go without.
package cuelang

import (
	"bytes"
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/cuecontext"
	cueload "cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
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
	pkg, diags := u.readPackage()
	if diags.HasErrors() {
		if u.Found && !slices.ContainsFunc(pkg, declaresSpec) {
			return nil, nil
		}
		return nil, diags
	}
	if len(u.Options.Tags) > 0 || slices.ContainsFunc(pkg, needsLoader) {
		return u.loadWithCUE(arguments(pkg)...)
	}
	inst := build.NewContext().NewInstance(u.Dir, nil)
	for _, f := range pkg {
		if err := inst.AddSyntax(f); err != nil {
			return u.evaluate(inst, pkg, err)
		}
	}
	return u.evaluate(inst, pkg, nil)
}

// File reads a single CUE file, without the package around it.
func (Language) File(of *load.Unit, data []byte) (*ir.Node, diag.List) {
	u := unit{of}
	f, err := parseCUE(u.File, data, parser.NewConfig())
	if err != nil {
		return nil, syntaxError(u.Options, err)
	}
	if len(u.Options.Tags) > 0 || needsLoader(f) {
		return u.loadWithCUE(u.File)
	}
	inst := build.NewContext().NewInstance(u.Dir, nil)
	inst.User = true
	return u.evaluate(inst, []*ast.File{f}, inst.AddSyntax(f))
}

// loadWithCUE reads a package or file through cue/load: imports, tags, build
// attributes and embedded files. It never dials: modules come from cue.mod.
func (u unit) loadWithCUE(args ...string) (*ir.Node, diag.List) {
	cfg := &cueload.Config{
		Dir:        u.Dir,
		ModuleRoot: cmp.Or(u.ModuleRoot(), u.Dir), // cue/load would look for it outside of the root
		Tags:       u.Options.Tags,
		Env:        append(os.Environ(), "CUE_REGISTRY=none"),
		ParseFile:  parseCUE,
	}
	if u.Options.Root != nil {
		if diags := u.Stray(); diags.HasErrors() {
			return nil, diags
		}
	}
	if u.Options.Files != nil {
		cfg.Overlay = map[string]cueload.Source{}
		for path, data := range u.Options.Files {
			cfg.Overlay[path] = cueload.FromBytes(data)
		}
	}
	if u.File == load.Stdin {
		data, err := u.Options.ReadStdin()
		if err != nil {
			return nil, diag.List{u.Options.Unreadable(u.File, err)}
		}
		cfg.Stdin = bytes.NewReader(data)
	}
	inst := cueload.Instances(args, cfg)[0]
	return u.evaluate(inst, inst.Files, inst.Err)
}

// arguments are what names a package to cue/load: the directory, or the files
// if they have no package clause, of which cue/load would make nothing.
func arguments(pkg []*ast.File) (args []string) {
	if pkg[0].PackageName() != "" {
		return []string{"."}
	}
	for _, f := range pkg {
		args = append(args, f.Filename)
	}
	return args
}

// evaluate turns an instance into a source tree. Each unit has a context of
// its own: CUE keeps what a context ever evaluated, and a new one costs less
// than a microsecond.
func (u unit) evaluate(inst *build.Instance, files []*ast.File, err error) (*ir.Node, diag.List) {
	c := &converter{unit: u, files: files}
	if err != nil {
		return nil, c.failures(err)
	}
	value := cuecontext.New().BuildInstance(inst)
	root, diags := c.root(value)
	if u.Found && !load.IsSpec(root) && !slices.ContainsFunc(files, declaresSpec) {
		return nil, nil
	}
	return root, diags
}

// readPackage parses the files of the package in the unit's directory and of
// its namesakes in the directories above, up to the root of the module: CUE's
// own rule for what a package consists of.
func (u unit) readPackage() ([]*ast.File, diag.List) {
	files, diags := u.readDir(u.Dir, nil)
	if len(files) == 0 {
		return nil, diags
	}
	name := files[0].PackageName()
	for _, f := range files {
		if other := f.PackageName(); other != name {
			return files, diag.List{u.packageMismatch(f, name, other)}
		}
	}
	root := u.ModuleRoot()
	if name == "" || root == "" || root == u.Dir {
		return files, diags
	}
	for dir := filepath.Dir(u.Dir); ; dir = filepath.Dir(dir) {
		above, more := u.readDir(dir, func(f *ast.File) bool { return f.PackageName() == name })
		files = append(above, files...)
		diags.Add(more...)
		if dir == root {
			return files, diags
		}
	}
}

// readDir parses the package files of a directory that keep accepts.
func (u unit) readDir(dir string, keep func(*ast.File) bool) (files []*ast.File, diags diag.List) {
	names, err := u.PackageFiles(dir)
	if err != nil {
		return nil, diag.List{u.Options.Unreadable(dir, err)}
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		data, err := u.Read(path)
		if err != nil {
			diags.Add(u.Options.Unreadable(path, err))
			continue
		}
		f, err := parseCUE(path, data, parser.NewConfig())
		switch {
		case f == nil:
			diags.Add(syntaxError(u.Options, err)...)
		case keep == nil || keep(f):
			files = append(files, f)
			diags.Add(syntaxError(u.Options, err)...)
		}
	}
	return files, diags
}

// needsLoader reports whether a file has something that only cue/load knows
// how to handle: imports from modules, and attributes that change what is built.
func needsLoader(f *ast.File) bool {
	for spec := range f.ImportSpecs() {
		if strings.Contains(strings.SplitN(strings.Trim(spec.Path.Value, `"#`), "/", 2)[0], ".") {
			return true
		}
	}
	found := false
	ast.Walk(f, func(n ast.Node) bool {
		if a, ok := n.(*ast.Attribute); ok {
			switch name, _ := a.Split(); name {
			case "if", "ignore", "tag", "extern", "embed", "experiment":
				found = true
			}
		}
		return !found
	}, nil)
	return found
}

// DeclaresSpec reports whether a file of the unit's own directory sets a field
// of the spec, and all of them can be read.
func (Language) DeclaresSpec(of *load.Unit) bool {
	own, diags := unit{of}.readDir(of.Dir, nil)
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

// concrete is the value of v, or its default, and whether there is one.
func concrete(v cue.Value) (cue.Value, bool) {
	if v.IsConcrete() {
		return v, true
	}
	if d, ok := v.Default(); ok && d.IsConcrete() {
		return d, true
	}
	return v, false
}
