package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// Scope is what a run may change in a directory.
type Scope struct {
	bundle.Coverage
	Prune  bool                   // remove all of belay's files that the run does not emit, whoever owns them
	Within func(path string) bool // the files that the run may touch; nil for all
}

func (s Scope) has(path string) bool { return s.Within == nil || s.Within(path) }

// A Plan is what has to change in a directory so that it holds what a run
// emits. It touches only files that belay wrote and that the specs of the run
// own.
type Plan struct {
	dir    string
	Write  []File            // new and changed files, sorted
	Remove []Removal         // files that belay wrote before and that nobody emits any more, sorted
	old    map[string][]byte // what is there now of both

	Conflicts   []Conflict // files that the run emits and that another spec owns
	Lost        []Lost     // packages that own files and are not specs any more
	Kept        []string   // files of other owners, which the run does not touch; sorted
	Ownerless   []string   // files whose header names no spec, as an earlier belay wrote them; they are kept; sorted
	Orphaned    []string   // files whose spec no longer exists and is not below a path of the run; they are kept; sorted
	Foreign     []string   // files that belay did not write, and that kubectl apply -R applies; sorted
	KeepsRemote bool       // a kustomization keeps what is fetched for owners that the run did not compile
	Dropped     []string   // what a kustomization lists that no spec renders: lines for a person
}

// A Removal is a file to remove, and why.
type Removal struct{ Path, Why string }

// A Conflict is a file that the run emits although another spec owns it.
type Conflict struct {
	File
	Rivals []string
}

// Lost is a package that owned files when it was a spec.
type Lost struct {
	Path  string // of the package, in the repository
	At    diag.Range
	Files []string
}

// Empty reports whether the directory holds what the run emits as it is.
func (p *Plan) Empty() bool { return len(p.Write) == 0 && len(p.Remove) == 0 }

// NewPlan compares a directory with what a run emits. A file of the run where
// someone else's file is, is an error.
func NewPlan(dir string, files []File, scope Scope) (*Plan, error) {
	found, err := scanDirectory(dir)
	if err != nil {
		return nil, err
	}
	p := &planner{
		Plan:  &Plan{dir: dir, old: map[string][]byte{}, Foreign: found.foreign},
		scope: scope, found: found.own, emitted: map[string]File{}, stays: map[string]bool{},
		kustomizations: map[string]kustomization{},
	}
	for _, f := range files {
		if f.kustomization != nil {
			p.kustomizations[path.Dir(f.Path)] = *f.kustomization
		} else {
			p.emitted[f.Path] = f
		}
	}
	for _, step := range []func() error{p.emit, p.keep, p.list} {
		if err := step(); err != nil {
			return nil, err
		}
	}
	slices.SortFunc(p.Write, func(a, b File) int { return strings.Compare(a.Path, b.Path) })
	slices.SortFunc(p.Remove, func(a, b Removal) int { return strings.Compare(a.Path, b.Path) })
	return p.Plan, nil
}

// A planner makes a plan.
type planner struct {
	*Plan
	scope          Scope
	found          map[string][]string      // the owners of belay's files in the directory
	emitted        map[string]File          // the files of the run, without kustomizations
	kustomizations map[string]kustomization // those of the run, by directory
	stays          map[string]bool          // belay's files that will be there, without kustomizations
}

// emit plans the files of the run.
func (p *planner) emit() error {
	for _, name := range ir.Sorted(p.emitted) {
		f := p.emitted[name]
		p.stays[name] = true
		owners, own := p.found[name]
		if rivals := p.rivals(f.Owners, owners); len(rivals) > 0 {
			alike, err := p.alike(f)
			if err != nil {
				return err
			}
			if !alike || !f.Shared && !samePaths(f.Owners, rivals) {
				p.Conflicts = append(p.Conflicts, Conflict{f, rivals})
				continue
			}
			f = f.with(bundle.Union(f.Owners, rivals))
		}
		if err := p.put(f, own); err != nil {
			return err
		}
	}
	return nil
}

// rivals are the owners of a file that keep the run from changing it.
func (p *planner) rivals(emitting, owners []string) []string {
	if p.scope.Prune {
		return nil
	}
	return slices.DeleteFunc(p.scope.Rivals(owners), func(owner string) bool { return slices.Contains(emitting, owner) })
}

// samePaths reports whether owners are one spec, with different flags.
func samePaths(a, b []string) bool {
	paths := bundle.Union(bundle.Paths(a), bundle.Paths(b))
	return len(paths) == 1
}

// alike reports whether a file holds what the run emits, whatever its header.
func (p *planner) alike(f File) (bool, error) {
	data, err := p.read(f.Path)
	_, have, _ := splitHeader(data)
	_, want, _ := splitHeader(f.Data)
	return bytes.Equal(have, want), err
}

// with is the file with other owners.
func (f File) with(owners []string) File {
	_, body, _ := splitHeader(f.Data)
	f.Owners, f.Data = owners, withHeader(owners, body)
	return f
}

// put plans to write a file, unless it is there already.
func (p *planner) put(f File, own bool) error {
	if !own {
		if err := checkFree(p.dir, f.Path); err != nil {
			return err
		}
		p.Write = append(p.Write, f)
		return nil
	}
	have, err := p.read(f.Path)
	if err != nil || bytes.Equal(have, f.Data) {
		return err
	}
	p.old[f.Path] = have
	p.Write = append(p.Write, f)
	return nil
}

// keep plans what becomes of files that the run does not emit.
func (p *planner) keep() error {
	for _, name := range ir.Sorted(p.found) {
		if _, emitted := p.emitted[name]; emitted || isKustomization(name) {
			continue
		}
		owners := p.found[name]
		keepers := p.keepers(owners)
		switch specPath, at, lost := p.scope.LostSpec(owners); {
		case !p.scope.has(name):
			p.stays[name] = true
		case lost && !p.scope.Prune:
			p.lose(specPath, at, name)
		case len(keepers) == 0 && (len(owners) > 0 || p.scope.Prune):
			if err := p.remove(name, p.why(name, owners)); err != nil {
				return err
			}
		case len(keepers) < len(owners):
			if err := p.shrink(name, keepers); err != nil {
				return err
			}
		default:
			p.stays[name] = true
			p.note(name, owners)
		}
	}
	return nil
}

// note notes why a file stays that the run does not emit.
func (p *planner) note(name string, owners []string) {
	switch {
	case len(owners) == 0:
		p.Ownerless = append(p.Ownerless, name)
	case slices.ContainsFunc(bundle.Paths(owners), p.scope.Exists):
		p.Kept = append(p.Kept, name)
	default:
		p.Orphaned = append(p.Orphaned, name)
	}
}

func (p *planner) keepers(owners []string) []string {
	if p.scope.Prune {
		return nil
	}
	return p.scope.Keepers(owners)
}

func (p *planner) lose(specPath string, at diag.Range, name string) {
	p.stays[name] = true
	i := slices.IndexFunc(p.Lost, func(l Lost) bool { return l.Path == specPath })
	if i < 0 {
		i, p.Lost = len(p.Lost), append(p.Lost, Lost{Path: specPath, At: at})
	}
	p.Lost[i].Files = append(p.Lost[i].Files, name)
}

// shrink leaves a file to those of its owners for whom it must stay.
func (p *planner) shrink(name string, keepers []string) error {
	p.stays[name] = true
	data, err := p.read(name)
	if err != nil {
		return err
	}
	p.old[name] = data
	p.Write = append(p.Write, File{Path: name, Data: data}.with(keepers))
	return nil
}

func (p *planner) remove(name, why string) error {
	data, err := p.read(name)
	if err != nil {
		return err
	}
	p.old[name] = data
	p.Remove = append(p.Remove, Removal{name, why})
	return nil
}

// why is the reason to remove a file.
func (p *planner) why(name string, owners []string) string {
	for _, moved := range ir.Sorted(p.emitted) {
		if f := p.emitted[moved]; f.Target != "" && moved == path.Join(f.Target, name) {
			return "it is now " + moved
		}
	}
	for _, owner := range owners {
		if p.scope.HasCompiled(owner) {
			return "the spec " + owner + " no longer emits it"
		}
	}
	if p.scope.Prune {
		return "this run does not emit it"
	}
	return "the spec " + strings.Join(owners, ", ") + " no longer exists"
}

func (p *Plan) read(name string) ([]byte, error) {
	return os.ReadFile(filepath.Join(p.dir, filepath.FromSlash(name)))
}

func isKustomization(name string) bool { return path.Base(name) == kustomizationFile }

// checkFree makes sure that a file can be written without loss.
func checkFree(dir, name string) error {
	for part := name; part != "."; part = path.Dir(part) {
		info, err := os.Lstat(path.Join(dir, part))
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, syscall.ENOTDIR) {
			continue
		}
		if err != nil {
			return err
		}
		if part == name || !info.IsDir() {
			return fmt.Errorf("%s is in the way: belay did not write it; move it, or choose another directory", path.Join(dir, part))
		}
	}
	return nil
}
