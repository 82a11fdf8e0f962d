package cuelang

import (
	"bytes"
	"cmp"
	"fmt"
	"maps"
	"path"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/build"
	"cuelang.org/go/cue/errors"
	cueload "cuelang.org/go/cue/load"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A loader has cue/load put a unit together: for imports, tags, build
// attributes and embedded files.
type loader struct {
	unit     unit
	parts    *parts
	registry *registry
	files    *files
	tags     []string // those of the run that the unit takes
	module   string   // the path of the unit's module, without version
}

func (u unit) newLoader(p *parts) *loader {
	root := cmp.Or(u.ModuleRoot(), u.Dir) // cue/load would look for it outside of the root
	r := newRegistry(u, root)
	return &loader{unit: u, parts: p, registry: r, files: &files{Tree: u.Tree(p.contents), registry: r}}
}

// instance is what cue/load makes of the unit. All files come through the
// unit's tree, so that there is no way out of the root of a confined run.
func (l *loader) instance(tags []string) *build.Instance {
	for {
		inst := l.load(tags)
		unused := unusedTag(inst.Err)
		if unused == "" {
			l.tags = tags
			l.unit.useTags(tags)
			return inst
		}
		tags = slices.DeleteFunc(slices.Clone(tags), func(t string) bool { return t == unused })
	}
}

func (l *loader) load(tags []string) *build.Instance {
	u := l.unit
	cfg := &cueload.Config{
		FS:         l.files,
		Dir:        filepath.ToSlash(u.Dir),
		ModuleRoot: filepath.ToSlash(l.registry.root),
		Tags:       tags,
		Registry:   l.registry,
		ParseFile:  parseCUE,
	}
	if u.File == load.Stdin {
		cfg.Stdin = bytes.NewReader(l.parts.contents[load.Stdin])
	}
	if u.hasCopies(l.registry.root) {
		cfg.Context = build.NewContext(build.ParseFile(parseCUE), build.Loader(l.importer(cfg)))
	}
	l.files.loading = true
	inst := cueload.Instances(l.parts.args, cfg)[0]
	l.files.loading = false
	l.module, _, _ = strings.Cut(inst.Module, "@")
	return inst
}

// loadWithCUE reads a unit through cue/load.
func (u unit) loadWithCUE(p *parts, tags []string) (*ir.Node, diag.List) {
	if diags := u.wrongTypes(p, tags); diags.HasErrors() {
		return nil, diags
	}
	l := u.newLoader(p)
	inst := l.instance(tags)
	return u.evaluate(&converter{unit: u, files: inst.Files, loader: l}, inst, inst.Err)
}

// explain says what CUE leaves out of an error: why a module is not there, and
// why a file can't be read.
func (l *loader) explain(err errors.Error, code diag.Code, message, hint string) (diag.Code, string, string) {
	all := reason(err)
	if p, ok := l.registry.problemOf(all); ok {
		return p.Code, p.Message, p.Hint
	}
	name, refused := l.refusal(err)
	if refused == nil && code == diag.BadImport {
		name, refused = l.refusedImport(all)
	}
	if refused == nil {
		refused = errors.New(all)
	}
	if refusal, why := load.Refusal(refused.Error()); refusal != "" {
		return refusal, cmp.Or(name, "the package") + " can't be read: " + why, ""
	}
	return code, message, hint
}

// imported matches the import path in an error of cue/load.
var imported = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?:package|import path) "([^"]+)"`) })

// refusedImport is the package that an error is about, and why something in
// its directories was not read.
func (l *loader) refusedImport(message string) (name string, why error) {
	m := imported().FindStringSubmatch(message)
	if m == nil {
		return "", nil
	}
	name = ast.ParseImportPath(m[1]).Path
	for _, p := range slices.Sorted(maps.Keys(l.files.refused)) {
		in := func(dir string) bool { return p == dir || strings.HasPrefix(p, dir+"/") }
		root := filepath.ToSlash(l.registry.root)
		_, below, _ := strings.Cut(name, l.module+"/")
		inCopies := slices.ContainsFunc(copyDirs, func(sub string) bool { return in(path.Join(root, "cue.mod", sub, name)) })
		if code, _ := load.Refusal(l.files.refused[p].Error()); code != "" && (inCopies || below != "" && in(path.Join(root, below))) {
			return name, l.files.refused[p]
		}
	}
	return "", nil
}

// refusal is the file that an error of @embed is about, and why it was not read.
func (l *loader) refusal(err errors.Error) (name string, why error) {
	for e := error(err); e != nil; e = errors.Unwrap(e) {
		inner, ok := e.(errors.Error)
		if !ok {
			break
		}
		format, args := inner.Msg()
		if !strings.HasPrefix(format, "open %v") && !strings.HasPrefix(format, "no matches for glob") && !strings.HasPrefix(format, "failed to stat") || len(args) == 0 {
			continue
		}
		name = fmt.Sprint(args[0])
		dir := path.Dir(filepath.ToSlash(inner.Position().Filename()))
		if why = l.files.refused[path.Join(dir, name)]; why == nil {
			_, why = l.files.Tree.Stat(strings.TrimPrefix(path.Join(dir, name), "/"))
		}
		return name, why
	}
	return "", nil
}
