package cuelang

import (
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	cueload "cuelang.org/go/cue/load"
	"cuelang.org/go/cue/parser"
	"cuelang.org/go/cue/token"

	"github.com/belay-sh/belay/compiler/load"
)

// copyDirs are the directories below cue.mod that hold copies of packages.
var copyDirs = []string{"gen", "pkg", "usr"}

// hasCopies reports whether the module has copies of packages. cue/load can't
// read these from a file system that it is given, so they are read here.
func (u unit) hasCopies(root string) bool {
	return slices.ContainsFunc(copyDirs, func(sub string) bool {
		return u.Options.Exists(filepath.Join(root, "cue.mod", sub))
	})
}

// importer is the loader of a context for imports: copies below cue.mod first,
// so that a copy is what is read whether or not there is a dependency as well.
func (l *loader) importer(cfg *cueload.Config) build.LoadFunc {
	var importing []string
	return func(pos token.Pos, importPath string) *build.Instance {
		if first, _, _ := strings.Cut(importPath, "/"); !strings.Contains(first, ".") {
			return nil // CUE's own
		}
		if slices.Contains(importing, importPath) {
			inst := cfg.Context.NewInstance("", nil)
			inst.ReportError(errors.Newf(pos, "package import cycle not allowed"))
			return inst
		}
		importing = append(importing, importPath)
		defer func() { importing = importing[:len(importing)-1] }()
		if inst := l.copyOf(cfg, importPath); inst != nil {
			return inst
		}
		other := *cfg
		other.Tags = nil // a tag is for the package that is compiled
		return cueload.Instances([]string{importPath}, &other)[0]
	}
}

// copyOf is the package of that path below cue.mod, or nil.
func (l *loader) copyOf(cfg *cueload.Config, importPath string) *build.Instance {
	ip := ast.ParseImportPath(importPath)
	var found []*ast.File
	var err errors.Error
	for _, sub := range copyDirs {
		base := filepath.Join(l.registry.root, "cue.mod", sub)
		files, more := l.copied(base, filepath.Join(base, filepath.FromSlash(ip.Path)), ip.Qualifier)
		found = append(found, files...)
		err = errors.Append(err, more)
	}
	if len(found) == 0 && err == nil {
		return nil
	}
	inst := cfg.Context.NewInstance(filepath.Join(l.registry.root, "cue.mod", "gen", filepath.FromSlash(ip.Path)), nil)
	inst.ImportPath, inst.DisplayPath, inst.PkgName = importPath, importPath, ip.Qualifier
	inst.Module, inst.Root = "local", l.registry.root
	if err != nil {
		inst.ReportError(err)
		return inst
	}
	for _, f := range found {
		_ = inst.AddSyntax(f) // the instance keeps the error
	}
	_ = inst.Complete()
	return inst
}

// copied parses the files of a package in a directory of copies, and in those
// above it up to the root of a module that was copied with its cue.mod.
func (l *loader) copied(base, dir, name string) (files []*ast.File, err errors.Error) {
	whole := l.copiedModule(base, dir)
	for {
		entries, readErr := l.files.ReadDir(fsName(dir))
		if errors.Is(readErr, fs.ErrNotExist) {
			return files, err
		}
		if readErr != nil {
			return nil, errors.Promote(readErr, "")
		}
		for _, e := range entries {
			if e.IsDir() || !load.CountsToPackage(e.Name()) {
				continue
			}
			f, parseErr := l.parseCopy(filepath.Join(dir, e.Name()))
			switch {
			case parseErr != nil:
				err = errors.Append(err, errors.Promote(parseErr, ""))
			case packageName(f) == name && builtWithoutTags(f):
				files = append(files, f)
			}
		}
		if whole == "" || dir == whole || len(files) == 0 {
			return files, err
		}
		dir = filepath.Dir(dir)
	}
}

// copiedModule is the root of the copied module that a directory is in, or "".
func (l *loader) copiedModule(base, dir string) string {
	for ; len(dir) > len(base); dir = filepath.Dir(dir) {
		if _, err := l.files.Stat(path.Join(fsName(dir), "cue.mod")); err == nil {
			return dir
		}
	}
	return ""
}

func (l *loader) parseCopy(abs string) (*ast.File, error) {
	data, err := l.files.ReadFile(fsName(abs))
	if err != nil {
		return nil, err
	}
	version, _ := l.unit.languageVersion()
	f, err := parseCUE(abs, data, parser.NewConfig(parser.ParseComments, parser.Version(version)))
	if err != nil {
		return nil, err
	}
	if file := f.Pos().File(); file != nil {
		file.SetFSLoc(token.FSLoc{FS: l.files, Path: fsName(abs), FromFSPath: func(p string) string { return "/" + p }})
	}
	return f, nil
}

// fsName is an absolute path as an fs.FS has it.
func fsName(abs string) string { return strings.TrimPrefix(filepath.ToSlash(abs), "/") }

// builtWithoutTags reports whether a file takes part although no tag is set, as
// none is outside of the main module.
func builtWithoutTags(f *ast.File) bool {
	for _, d := range f.Decls {
		a, ok := d.(*ast.Attribute)
		if !ok {
			if _, ok := d.(*ast.CommentGroup); ok {
				continue
			}
			return true
		}
		switch name, body := a.Split(); name {
		case "ignore":
			return false
		case "if":
			expr, err := parser.ParseExpr("", body)
			return err == nil && isTrue(expr)
		}
	}
	return true
}

// isTrue evaluates the condition of a build attribute in which nothing is set.
func isTrue(x ast.Expr) bool {
	switch x := x.(type) {
	case *ast.ParenExpr:
		return isTrue(x.X)
	case *ast.UnaryExpr:
		return x.Op == token.NOT && !isTrue(x.X)
	case *ast.BinaryExpr:
		if x.Op == token.LAND {
			return isTrue(x.X) && isTrue(x.Y)
		}
		return isTrue(x.X) || isTrue(x.Y)
	}
	return false
}
