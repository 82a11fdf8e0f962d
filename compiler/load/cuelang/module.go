package cuelang

import (
	"fmt"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"

	"cuelang.org/go/cue"
	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"
	"cuelang.org/go/cue/literal"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"

	"github.com/belay-sh/belay/internal/diag"
)

// moduleFile is what a unit needs to know of its module's cue.mod/module.cue.
type moduleFile struct {
	version string // of the language; the newest if there is no module
	diags   diag.List
}

// languageVersion is the version of CUE that the unit's module is written in.
// With a module file that CUE can't use there is no package to speak of.
func (u unit) languageVersion() (string, diag.List) {
	root := u.ModuleRoot()
	if root == "" {
		return cue.LanguageVersion(), nil
	}
	m := u.OfModule(root, func() any { return u.readModuleFile(root) }).(*moduleFile)
	return m.version, m.diags
}

func (u unit) readModuleFile(root string) *moduleFile {
	path := filepath.Join(root, "cue.mod", "module.cue")
	data, err := u.Read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return &moduleFile{version: cue.LanguageVersion()}
	}
	if err != nil {
		return &moduleFile{diags: diag.List{u.Options.Unreadable(path, err)}}
	}
	if version, ok := plainModule(path, data); ok {
		return &moduleFile{version: version}
	}
	f, err := modfile.ParseNonStrict(data, path)
	switch {
	case err != nil:
		return &moduleFile{diags: u.moduleErrors(path, err)}
	case f.Language == nil || f.QualifiedModule() == "":
		return &moduleFile{version: cue.LanguageVersion()}
	}
	return &moduleFile{version: f.Language.Version}
}

// moduleErrors are the diagnostics for a module file that CUE can't use.
func (u unit) moduleErrors(path string, err error) (diags diag.List) {
	start := diag.Position{Line: 1, Column: 1}
	for _, e := range errors.Errors(errors.Promote(err, "")) {
		d := diag.Diagnostic{
			Code: diag.InvalidModule, Severity: diag.Error, Message: u.withoutDirectory(reason(e)),
			At: diag.Range{File: u.Options.DisplayPath(path), Start: start, End: start},
		}
		for _, p := range errors.Positions(e) {
			if p.Filename() == path {
				d.At.Start, d.At.End = position(p), position(p)
				break
			}
		}
		if errors.Is(err, modfile.ErrNoLanguageVersion) {
			d.Message, d.Hint = "the module has no language version", fmt.Sprintf(`add a line such as: language: version: %q`, cue.LanguageVersion())
		}
		diags.Add(d)
	}
	return diags[:1]
}

// plainModule reads a module file that has nothing but a path, a version of the
// language and a kind of source, as most have: CUE takes milliseconds to
// validate one, and a run of one package takes ten.
func plainModule(path string, data []byte) (version string, ok bool) {
	f, err := parser.ParseFile(path, data)
	if err != nil {
		return "", false
	}
	values := map[string]string{}
	if !plainFields(values, "", f.Decls) {
		return "", false
	}
	version = values["language.version"]
	for name, value := range values {
		switch name {
		case "module":
			base, major, found := strings.Cut(value, "@")
			if module.CheckPathWithoutVersion(base) != nil || found && !isMajor(major) {
				return "", false
			}
		case "source.kind":
			if value != "self" && value != "git" {
				return "", false
			}
		case "language.version":
		default:
			return "", false
		}
	}
	return version, values["module"] != "" && isCurrent(version)
}

// plainFields collects fields that are text, by path; it reports whether there
// are no others.
func plainFields(values map[string]string, prefix string, decls []ast.Decl) bool {
	for _, d := range decls {
		if _, ok := d.(*ast.CommentGroup); ok {
			continue
		}
		field, ok := d.(*ast.Field)
		if !ok || len(field.Attrs) > 0 || field.Alias != nil {
			return false
		}
		name, _, err := ast.LabelName(field.Label)
		if _, twice := values[prefix+name]; err != nil || twice {
			return false
		}
		switch v := field.Value.(type) {
		case *ast.BasicLit:
			text, err := literal.Unquote(v.Value)
			if err != nil {
				return false
			}
			values[prefix+name] = text
		case *ast.StructLit:
			if !plainFields(values, prefix+name+".", v.Elts) {
				return false
			}
		default:
			return false
		}
	}
	return true
}

func isMajor(text string) bool {
	n, err := strconv.ParseUint(strings.TrimPrefix(text, "v"), 10, 16)
	return err == nil && text == fmt.Sprintf("v%d", n)
}

// isCurrent reports whether a version of the language is one that this CUE
// reads, and has module files of the present form.
func isCurrent(version string) bool {
	given, ok := minor(version)
	newest, _ := minor(cue.LanguageVersion())
	return ok && given >= 9 && given < newest || version == cue.LanguageVersion()
}

// minor is N of the version v0.N.P.
func minor(version string) (uint64, bool) {
	parts := strings.Split(version, ".")
	if len(parts) != 3 || parts[0] != "v0" {
		return 0, false
	}
	n, err := strconv.ParseUint(parts[1], 10, 16)
	patch, err2 := strconv.ParseUint(parts[2], 10, 16)
	return n, err == nil && err2 == nil && version == fmt.Sprintf("v0.%d.%d", n, patch)
}
