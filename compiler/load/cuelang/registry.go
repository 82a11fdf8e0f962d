package cuelang

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"cuelang.org/go/mod/modfile"
	"cuelang.org/go/mod/module"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
)

// moduleMount is where the registry's modules lie in a module that imports
// them, as far as CUE sees. There is no such directory.
const moduleMount = "cue.mod/@modules/"

// registry gives cue/load the modules that a unit imports. It downloads
// nothing: a module is in CUE's cache, with the digest that the run has for it,
// or it is not there. One that is copied below cue.mod is not taken from the
// cache at all, so that the copy is what is read everywhere.
type registry struct {
	unit   unit
	root   string // of the unit's module, absolute
	record bool   // take any content, to find out its digest

	mu       sync.Mutex
	modules  map[string]*load.Module // by path and version
	problems map[string]diag.Diagnostic
}

func newRegistry(u unit, root string) *registry {
	return &registry{unit: u, root: root, modules: map[string]*load.Module{}, problems: map[string]diag.Diagnostic{}}
}

var errUnavailable = errors.New("the module can't be read")

// Fetch returns the files of a module, or none for one that has a copy below cue.mod.
func (r *registry) Fetch(_ context.Context, mv module.Version) (module.SourceLoc, error) {
	if r.copied(mv) != "" {
		return module.SourceLoc{}, nil
	}
	m, err := r.module(mv)
	if err != nil {
		return module.SourceLoc{}, err
	}
	return module.SourceLoc{FS: mounted{m, path.Join(filepath.ToSlash(r.root), moduleMount, key(mv))}, Dir: "."}, nil
}

// ModFile returns the module file of a module.
func (r *registry) ModFile(_ context.Context, mv module.Version) (*modfile.File, error) {
	if dir := r.copied(mv); dir != "" {
		data, err := r.unit.Tree(nil).ReadFile(path.Join(filepath.ToSlash(dir), "cue.mod/module.cue"))
		if errors.Is(err, fs.ErrNotExist) {
			return &modfile.File{Module: mv.Path()}, nil
		}
		if err != nil {
			return nil, err
		}
		return modfile.Parse(data, mv.String())
	}
	m, err := r.module(mv)
	if err != nil {
		return nil, err
	}
	data, err := fs.ReadFile(m, "cue.mod/module.cue")
	if err != nil {
		return nil, err
	}
	return modfile.Parse(data, mv.String())
}

// ModuleVersions is for finding versions, which only tools that edit module.cue do.
func (r *registry) ModuleVersions(context.Context, string) ([]string, error) {
	return nil, errUnavailable
}

// copied is the directory below cue.mod that holds a copy of a module, or "".
func (r *registry) copied(mv module.Version) string {
	for _, sub := range copyDirs {
		dir := filepath.Join(r.root, "cue.mod", sub, filepath.FromSlash(mv.BasePath()))
		if r.unit.Options.Exists(dir) {
			return dir
		}
	}
	return ""
}

// module reads a module in CUE's cache, if it may be.
func (r *registry) module(mv module.Version) (*load.Module, error) {
	want, pinned := r.unit.Options.Modules[key(mv)]
	if !pinned && !r.record {
		return nil, r.problem(mv, diag.UnpinnedModule, "the lock has no digest for the module %s", "run: belay pin", key(mv))
	}
	dir, err := cached(mv, r.unit.Options.Dir)
	if err != nil {
		return nil, err
	}
	m, err := r.unit.Module(dir)
	if err != nil {
		hint := fmt.Sprintf("copy it to cue.mod/pkg/%s, or download it with: cue mod tidy", mv.BasePath())
		if errors.Is(err, fs.ErrNotExist) {
			return nil, r.problem(mv, diag.BadImport, "the module %s is not in CUE's module cache", hint, key(mv))
		}
		return nil, r.problem(mv, r.unit.Options.Unreadable(dir, err).Code, "the module %s can't be read from CUE's module cache: %v", hint, key(mv), reason(err))
	}
	if !r.record && m.Digest != want {
		return nil, r.problem(mv, diag.ModuleMismatch, "the module %s in CUE's module cache has the digest %s, and the lock has %s",
			"delete it from the cache and download it again with cue mod tidy; if the change is wanted, run: belay pin", key(mv), m.Digest, want)
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	r.modules[key(mv)] = m
	return m, nil
}

// problem remembers why a module is not there: CUE keeps only the text of the error.
func (r *registry) problem(mv module.Version, code diag.Code, format, hint string, args ...any) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	d := diag.Diagnostic{Code: code, Severity: diag.Error, Message: fmt.Sprintf(format, args...), Hint: hint}
	r.problems[key(mv)] = d
	return errors.New(d.Message)
}

// problemOf is the problem of a module that a message names.
func (r *registry) problemOf(message string) (diag.Diagnostic, bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, key := range slices.Sorted(maps.Keys(r.problems)) {
		if strings.Contains(message, key) {
			return r.problems[key], true
		}
	}
	return diag.Diagnostic{}, false
}

// at is the module that a path is in, and the path in the module.
func (r *registry) at(name string) (*load.Module, string) {
	rel, ok := strings.CutPrefix("/"+name, path.Join(filepath.ToSlash(r.root), moduleMount)+"/")
	if !ok {
		return nil, ""
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	for key, m := range r.modules {
		if rel == key {
			return m, "."
		}
		if below, ok := strings.CutPrefix(rel, key+"/"); ok {
			return m, below
		}
	}
	return nil, ""
}

// mounted is a module at the path that CUE knows it by.
type mounted struct {
	*load.Module
	root string
}

func (m mounted) OSRoot() string { return m.root }

// key is what a module goes by in a lock.
func key(mv module.Version) string { return mv.BasePath() + "@" + mv.Version() }

// cached is where CUE's module cache has a module.
func cached(mv module.Version, dir string) (string, error) {
	base, err := module.EscapePath(mv.BasePath())
	if err != nil {
		return "", err
	}
	version, err := module.EscapeVersion(mv.Version())
	if err != nil {
		return "", err
	}
	cache := os.Getenv("CUE_CACHE_DIR")
	if cache == "" {
		if cache, err = os.UserCacheDir(); err != nil {
			return "", err
		}
		cache = filepath.Join(cache, "cue")
	}
	if !filepath.IsAbs(cache) {
		cache = filepath.Join(dir, cache)
	}
	return filepath.Join(cache, "mod", "extract", filepath.FromSlash(base)+"@"+version), nil
}

// Modules returns the modules that the unit imports, with their digests, and
// what there is to say of those that can't be read.
func (Language) Modules(of *load.Unit) (map[string]string, diag.List) {
	u := unit{of}
	p, diags := u.parse()
	if diags.HasErrors() || !p.loader {
		return nil, nil // there is an error when the unit is loaded, too
	}
	l := u.newLoader(p)
	l.registry.record = true
	inst := l.instance(u.ownTags(p))
	digests := map[string]string{}
	for name, m := range l.registry.modules {
		digests[name] = m.Digest
	}
	if inst.Err == nil {
		return digests, nil
	}
	c := &converter{unit: u, files: inst.Files, loader: l}
	return digests, slices.DeleteFunc(c.failures(inst.Err), func(d diag.Diagnostic) bool {
		_, known := l.registry.problemOf(d.Message)
		return !known
	})
}
