package compiler

import (
	"cmp"
	"maps"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

// locks finds and reads the locks of a run, each once.
type locks struct {
	opts   Options
	home   string // where a lock is made for specs in no CUE module and no repository
	mu     sync.Mutex
	read   map[string]*pin.Lock
	found  diag.List
	places sync.Map // of place, by directory
}

// newLocks returns the locks of a run over the units that paths name.
func newLocks(opts Options, paths []string, units []*load.Unit) *locks {
	return &locks{opts: opts, home: home(paths, units, opts), read: map[string]*pin.Lock{}}
}

// home returns the directory that a run is about: the one that all its units are
// in or below. For "dir/..." that is dir itself.
func home(paths []string, units []*load.Unit, opts Options) (dir string) {
	var dirs []string
	for _, path := range paths {
		if below, ok := strings.CutSuffix(filepath.ToSlash(path), "..."); ok {
			if below = filepath.FromSlash(below); !filepath.IsAbs(below) {
				below = filepath.Join(opts.Dir, below)
			}
			dirs = append(dirs, filepath.Clean(below))
		}
	}
	for _, u := range units {
		dirs = append(dirs, u.Dir)
	}
	for i, d := range dirs {
		if i == 0 {
			dir = d
		}
		for dir != d && !strings.HasPrefix(d, strings.TrimSuffix(dir, string(filepath.Separator))+string(filepath.Separator)) {
			dir = filepath.Dir(dir)
		}
	}
	return dir
}

// diags returns what is wrong with the locks that were read.
func (l *locks) diags() diag.List { return l.found }

// A place is what there is for locks in a directory and in those above it, up
// to the root of the Git repository.
type place struct {
	locks  []string // paths, the nearest first
	module string   // the nearest directory that is the root of a CUE module; "" if there is none
	git    string   // the root of the repository; "" if there is none
}

// path returns the path of a unit's lock: the one that the caller gave, or the
// nearest at or above the unit's directory. If there is none, it returns where one
// is made: at the root of the CUE module, or of the Git repository, or in the
// directory that the run is about.
func (l *locks) path(u *load.Unit) string {
	if l.opts.LockFile != "" {
		return l.opts.LockFile
	}
	p := l.placeOf(u)
	if len(p.locks) > 0 {
		return p.locks[0]
	}
	return filepath.Join(cmp.Or(p.module, p.git, l.home, u.Dir), pin.LockName)
}

// placeOf is the place of a unit's directory. That of a package has been listed,
// and most have only the spec: there is nothing to look for but above.
func (l *locks) placeOf(u *load.Unit) place {
	above := filepath.Dir(u.Dir)
	if u.File != "" || above == u.Dir || u.Has(".git") || u.Has("cue.mod") || u.Has(pin.LockName) || l.inMemory(filepath.Join(u.Dir, pin.LockName)) {
		return l.place(u.Dir)
	}
	return l.place(above)
}

// place looks for locks from a directory upward. Units share what is above
// them, so it is remembered.
func (l *locks) place(dir string) (p place) {
	if known, ok := l.places.Load(dir); ok {
		return known.(place)
	}
	if l.opts.Exists(filepath.Join(dir, ".git")) {
		p.git = dir
	} else if dir != filepath.Dir(dir) {
		p = l.place(filepath.Dir(dir))
	}
	if here := filepath.Join(dir, pin.LockName); l.inMemory(here) || l.opts.Exists(here) {
		p.locks = slices.Insert(slices.Clone(p.locks), 0, here)
	}
	if l.opts.Exists(filepath.Join(dir, "cue.mod")) {
		p.module = dir
	}
	l.places.Store(dir, p)
	return p
}

func (l *locks) inMemory(path string) bool {
	return l.opts.Locks[path] != nil || l.opts.Files[path] != nil
}

// of returns the lock of a unit: an empty one if there is none, and nil for an
// invalid one, so that its images are not also reported as unpinned. A lock of
// Options.Locks is returned itself, and must not be changed.
func (l *locks) of(u *load.Unit) *pin.Lock {
	path := l.path(u)
	if lock := l.opts.Locks[path]; lock != nil {
		return lock
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if lock, ok := l.read[path]; ok {
		return lock
	}
	lock, diags := l.readPinned(path)
	if lock != nil && l.opts.LockFile == "" {
		diags.Add(l.nested(path)...)
	}
	l.read[path] = lock
	l.found.Add(diags...)
	return lock
}

// readPinned reads a lock and adds the pins of the run. It returns nil for an
// invalid lock.
func (l *locks) readPinned(path string) (*pin.Lock, diag.List) {
	lock, diags := l.opts.readLock(path)
	if diags.HasErrors() {
		return nil, diags
	}
	maps.Copy(lock.Images, l.opts.Pins)
	return lock, diags
}

// nested reports a lock below another one. People who review the one at the
// root of a repository do not see the one below it, which goes before it: that
// both give a reference the same digest is therefore required, and in one CUE
// module there is no reason for two.
func (l *locks) nested(path string) (diags diag.List) {
	below := l.place(filepath.Dir(path))
	if len(below.locks) < 2 {
		return nil
	}
	root, _ := load.YAML(path, l.opts.Options)
	if root == nil {
		return nil
	}
	for _, upper := range below.locks[1:] {
		other, more := load.YAML(upper, l.opts.Options)
		if more.HasErrors() || other == nil {
			continue // it is reported where it is a unit's lock
		}
		found := pin.Contradictions(root.Field("images"), other.Field("images"))
		diags.Add(found...)
		if len(found) == 0 && below.module == l.place(filepath.Dir(upper)).module {
			diags.Add(pin.Nested(root, other, l.opts.DisplayPath(upper)))
		}
	}
	return diags
}

// NearestLock reads the lock that a spec in a directory would have.
func NearestLock(dir string, opts Options) (*pin.Lock, diag.List) {
	l := newLocks(opts, nil, nil)
	path := cmp.Or(opts.LockFile, filepath.Join(dir, pin.LockName))
	if p := l.place(dir); opts.LockFile == "" && len(p.locks) > 0 {
		path = p.locks[0]
	}
	return l.readPinned(path)
}

// readLock reads the lock at a path. That there is none is not a mistake: it is
// an empty lock. One that is not in belay's own form is accepted only by a run
// that writes it anew.
func (o Options) readLock(path string) (*pin.Lock, diag.List) {
	lock, diags := ReadLock(path, o.Options)
	if diags.HasErrors() || o.ForLockUpdate {
		return lock, diags
	}
	file := o.DisplayPath(path)
	if text := o.Source(file); text != nil {
		diags = pin.CheckForm(file, text, lock)
	}
	return lock, diags
}

// ReadLock reads the lock at a path, in whatever form it is.
func ReadLock(path string, opts load.Options) (*pin.Lock, diag.List) {
	file := opts.DisplayPath(path)
	if conflicts := pin.Conflicts(file, opts.Source(file)); conflicts != nil {
		return pin.NewLock(), conflicts
	}
	root, diags := load.YAML(path, opts)
	if root == nil || diags.HasErrors() {
		return pin.NewLock(), diags
	}
	return pin.DecodeLock(root)
}
