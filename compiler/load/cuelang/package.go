package cuelang

import (
	"fmt"
	"maps"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/parser"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// parts are the files that a unit consists of.
type parts struct {
	files    []*ast.File
	contents map[string][]byte // of the files that were read, by absolute path
	args     []string          // what names the unit to cue/load
	loader   bool              // cue/load has to put it together
}

func newParts() *parts { return &parts{contents: map[string][]byte{}} }

// nothing reports whether there is no package: every file is for tests or tools.
func (p *parts) nothing() bool { return len(p.files) == 0 && !p.loader }

// assemble parses the files of the unit's package, by CUE's own rules: those of
// its directory that name the package, without those for tests and tools, and
// of the directories above, up to the root of the module, those that name the
// same package. Files without a package clause belong to no package; a
// directory that has no others is compiled from them.
func (u unit) assemble() (*parts, diag.List) {
	p := newParts()
	own, diags := u.readDir(p, u.Dir)
	if diags.HasErrors() {
		p.files = own
		return p, diags
	}
	name := u.Package
	if name == "" {
		named := slices.DeleteFunc(slices.Clone(own), func(f *ast.File) bool { return packageName(f) == "" })
		if p.loader {
			named = slices.DeleteFunc(named, hasBuildAttribute)
		}
		if len(named) > 0 {
			name = packageName(named[0])
			if other := slices.IndexFunc(named, func(f *ast.File) bool { return packageName(f) != name }); other >= 0 {
				p.files = own
				return p, diag.List{u.severalPackages(named, named[other])}
			}
		}
	}
	p.add(own, name)
	p.args = []string{"."}
	if u.Package != "" {
		p.args = []string{".:" + name}
	}
	if name == "" {
		p.args = nil
		for _, f := range p.files {
			p.args = append(p.args, f.Filename)
		}
		return p, nil
	}
	if !slices.ContainsFunc(own, func(f *ast.File) bool { return packageName(f) == name }) {
		return p, u.noPackage(own)
	}
	return p, u.addParents(p, name)
}

// addParents adds the files of the package in the directories above.
func (u unit) addParents(p *parts, name string) (diags diag.List) {
	root := u.ModuleRoot()
	if root == "" || root == u.Dir {
		return nil
	}
	for dir := filepath.Dir(u.Dir); ; dir = filepath.Dir(dir) {
		above, more := u.readDir(p, dir)
		diags.Add(more...)
		own := p.files
		p.files = nil
		p.add(above, name)
		p.files = append(p.files, own...)
		if dir == root {
			return diags
		}
	}
}

// add adds the files of a package, without those for tests and tools.
func (p *parts) add(files []*ast.File, name string) {
	for _, f := range files {
		if packageName(f) != name || isAside(f) {
			continue
		}
		p.files = append(p.files, f)
		p.loader = p.loader || needsLoader(f)
	}
}

// assembleFiles parses files that were named one by one.
func (u unit) assembleFiles(contents map[string][]byte) (*parts, diag.List) {
	p := &parts{contents: contents}
	version, diags := u.languageVersion()
	if diags.HasErrors() {
		return p, diags
	}
	for _, path := range slices.Sorted(maps.Keys(contents)) {
		f, err := parseCUE(path, contents[path], parser.NewConfig(parser.Version(version)))
		diags.Add(syntaxError(u.Options, err)...)
		if f != nil && (path == load.Stdin || !isAside(f)) {
			p.files = append(p.files, f)
			p.loader = p.loader || needsLoader(f)
		}
		p.args = append(p.args, path)
	}
	return p, diags
}

// readDir parses the CUE files of a directory. CUE reads all of them before it
// looks at their packages, so none may have a syntax error.
func (u unit) readDir(p *parts, dir string) (files []*ast.File, diags diag.List) {
	version, diags := u.languageVersion()
	if diags.HasErrors() {
		return nil, diags
	}
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
		p.contents[path] = data
		f, err := parseCUE(path, data, parser.NewConfig(parser.Version(version)))
		diags.Add(syntaxError(u.Options, err)...)
		if f != nil {
			files = append(files, f)
			p.loader = p.loader || hasBuildAttribute(f)
		}
	}
	return files, diags
}

// isAside reports whether a file is for tests or tools: it belongs to its
// package, but not to the package's value.
func isAside(f *ast.File) bool {
	return strings.HasSuffix(f.Filename, "_test.cue") || strings.HasSuffix(f.Filename, "_tool.cue")
}

// packageName is the package that a file belongs to, or "".
func packageName(f *ast.File) string {
	if name := f.PackageName(); name != "_" {
		return name
	}
	return ""
}

// hasBuildAttribute reports whether an attribute before the package clause may
// leave the file out.
func hasBuildAttribute(f *ast.File) bool {
	for _, d := range f.Decls {
		switch d := d.(type) {
		case *ast.CommentGroup:
		case *ast.Attribute:
			if name := d.Name(); name == "if" || name == "ignore" {
				return true
			}
		default:
			return false
		}
	}
	return false
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

// noPackage is the error for a directory that lacks the package of that name.
func (u unit) noPackage(own []*ast.File) diag.List {
	if u.Found {
		return nil
	}
	d := diag.Diagnostic{
		Code: diag.PackageMismatch, Severity: diag.Error, At: u.Start(),
		Message: fmt.Sprintf("there is no package %s in %s", u.Package, u.Options.DisplayPath(u.Dir)),
	}
	return diag.List{d.WithHint("%s", u.forms(own))}
}

// severalPackages is the error for a directory with files of more than one
// package, at the clause of the first file that differs.
func (u unit) severalPackages(own []*ast.File, other *ast.File) diag.Diagnostic {
	c := &converter{unit: u}
	place := diag.Range{File: c.file(other.Pos()), Start: position(other.Pos()), End: position(other.Pos())}
	for _, d := range other.Decls {
		if p, ok := d.(*ast.Package); ok {
			place = c.span(p.Name)
		}
	}
	d := diag.Diagnostic{
		Code: diag.PackageMismatch, Severity: diag.Error, At: place,
		Message: fmt.Sprintf("the directory has the packages %s", strings.Join(packageNames(own), ", ")),
	}
	return d.WithHint("%s", u.forms(own))
}

// forms says how to name the packages of a directory.
func (u unit) forms(own []*ast.File) string {
	var forms []string
	for _, name := range packageNames(own) {
		forms = append(forms, u.Options.DisplayPath(u.Dir)+":"+name)
	}
	if len(forms) == 0 {
		return "name the files one by one"
	}
	return "name a package: " + strings.Join(forms, " or ")
}

// packageNames are the packages of files, sorted.
func packageNames(files []*ast.File) (names []string) {
	for _, f := range files {
		if name := packageName(f); name != "" {
			names = append(names, name)
		}
	}
	slices.Sort(names)
	return slices.Compact(names)
}

// PackageName is the package that a file belongs to, or "".
func (Language) PackageName(data []byte) string {
	f, err := parser.ParseFile("", data, parser.PackageClauseOnly)
	if err != nil {
		return ""
	}
	return packageName(f)
}
