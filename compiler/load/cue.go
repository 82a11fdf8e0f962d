package load

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
	"cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"

	"github.com/belay-sh/belay/diag"
)

// loadPackage reads the CUE package in the unit's directory. Most packages
// need nothing of CUE's module machinery, and cue/load takes three times as
// long as parsing and evaluating; so belay assembles those itself, by the same
// rules, and leaves the others to cue/load.
func (u *Unit) loadPackage() (Document, diag.List) {
	pkg, diags := u.readPackage()
	if diags.HasErrors() {
		if u.found && !slices.ContainsFunc(pkg, declaresSpec) {
			return Document{Unit: u}, nil
		}
		return Document{Unit: u}, diags
	}
	if len(u.opts.Tags) > 0 || slices.ContainsFunc(pkg, needsLoader) {
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

// loadCUEFile reads a single CUE file, without the package around it.
func (u *Unit) loadCUEFile(data []byte) (Document, diag.List) {
	f, err := parseCUE(u.file, data, parser.NewConfig())
	if err != nil {
		return Document{Unit: u}, u.syntaxError(err)
	}
	if len(u.opts.Tags) > 0 || needsLoader(f) {
		return u.loadWithCUE(u.file)
	}
	inst := build.NewContext().NewInstance(u.Dir, nil)
	inst.User = true
	return u.evaluate(inst, []*ast.File{f}, inst.AddSyntax(f))
}

// loadWithCUE reads a package or file through cue/load: imports, tags, build
// attributes and embedded files. It never dials: modules come from cue.mod.
func (u *Unit) loadWithCUE(args ...string) (Document, diag.List) {
	cfg := &load.Config{
		Dir:        u.Dir,
		ModuleRoot: cmp.Or(u.moduleRoot(), u.Dir), // cue/load would look for it outside of the root
		Tags:       u.opts.Tags,
		Env:        append(os.Environ(), "CUE_REGISTRY=none"),
		ParseFile:  parseCUE,
	}
	if u.opts.Root != nil {
		if found := u.opts.shared.stray(); found.path != "" {
			return Document{Unit: u}, diag.List{u.opts.unreadable(found.path, found.err)}
		}
	}
	if u.opts.Files != nil {
		cfg.Overlay = map[string]load.Source{}
		for path, data := range u.opts.Files {
			cfg.Overlay[path] = load.FromBytes(data)
		}
	}
	if u.file == Stdin {
		data, err := u.opts.readStdin()
		if err != nil {
			return Document{Unit: u}, diag.List{u.opts.unreadable(u.file, err)}
		}
		cfg.Stdin = bytes.NewReader(data)
	}
	inst := load.Instances(args, cfg)[0]
	if inst.Err != nil {
		return u.evaluate(inst, inst.Files, inst.Err)
	}
	return u.evaluate(inst, inst.Files, nil)
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
func (u *Unit) evaluate(inst *build.Instance, files []*ast.File, err error) (Document, diag.List) {
	c := &converter{unit: u, files: files}
	if err != nil {
		return Document{Unit: u}, c.failures(err)
	}
	value := cuecontext.New().BuildInstance(inst)
	root, diags := c.root(value)
	if u.found && !isSpec(root) && !slices.ContainsFunc(files, declaresSpec) {
		return Document{Unit: u}, nil
	}
	return Document{Unit: u, Root: root}, diags
}

// readPackage parses the files of the package in the unit's directory and of
// its namesakes in the directories above, up to the root of the module: CUE's
// own rule for what a package consists of.
func (u *Unit) readPackage() ([]*ast.File, diag.List) {
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
	root := u.moduleRoot()
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
func (u *Unit) readDir(dir string, keep func(*ast.File) bool) (files []*ast.File, diags diag.List) {
	names, err := u.packageFiles(dir)
	if err != nil {
		return nil, diag.List{u.opts.unreadable(dir, err)}
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		data, err := u.read(path)
		if err != nil {
			diags.Add(u.opts.unreadable(path, err))
			continue
		}
		f, err := parseCUE(path, data, parser.NewConfig())
		switch {
		case f == nil:
			diags.Add(u.syntaxError(err)...)
		case keep == nil || keep(f):
			files = append(files, f)
			diags.Add(u.syntaxError(err)...)
		}
	}
	return files, diags
}

func (u *Unit) packageFiles(dir string) ([]string, error) {
	if dir == u.Dir && u.listing != nil {
		return packageFiles(u.listing.names), nil
	}
	return u.opts.shared.packageFiles(dir)
}

func packageFiles(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !isPackageFile(n) })
}

// moduleRoot is the nearest directory at or above the unit's that has a
// cue.mod, or "".
func (u *Unit) moduleRoot() string {
	if u.Has("cue.mod") {
		return u.Dir
	}
	return u.opts.shared.module(filepath.Dir(u.Dir))
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

// declaresSpec reports whether a file sets a top-level field of the spec.
func declaresSpec(f *ast.File) bool {
	return slices.ContainsFunc(f.Decls, func(d ast.Decl) bool {
		field, ok := d.(*ast.Field)
		if !ok {
			return false
		}
		name, _, err := ast.LabelName(field.Label)
		return err == nil && slices.Contains(specFields, name)
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
