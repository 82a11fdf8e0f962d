package compiler

import (
	"cmp"
	"maps"
	"path/filepath"
	"sync"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/pin"
)

// locks finds and reads the locks of a run, each once.
type locks struct {
	opts  Options
	mu    sync.Mutex
	read  map[string]*pin.Lock
	found diag.List
	dirs  sync.Map // of lock paths, by directory
}

func newLocks(opts Options) *locks { return &locks{opts: opts, read: map[string]*pin.Lock{}} }

// diags are what is wrong with the locks that were read.
func (l *locks) diags() diag.List { return l.found }

// path is the path of a unit's lock: the one given, or the nearest at or above
// the unit's directory, up to the root of its CUE module. Where there is none,
// it is where one would be made: at the root of the module, or beside the unit.
func (l *locks) path(u *load.Unit) string {
	if l.opts.LockFile != "" {
		return l.opts.LockFile
	}
	own := filepath.Join(u.Dir, pin.LockName)
	if u.Has(pin.LockName) || u.Has("cue.mod") || l.inMemory(own) {
		return own
	}
	return cmp.Or(l.above(filepath.Dir(u.Dir)), own)
}

// above is the path of the lock of a directory and those above it, or "".
// Units share it, so it is remembered.
func (l *locks) above(dir string) (path string) {
	if known, ok := l.dirs.Load(dir); ok {
		return known.(string)
	}
	here := filepath.Join(dir, pin.LockName)
	switch {
	case l.inMemory(here) || l.opts.Exists(here) || l.opts.Exists(filepath.Join(dir, "cue.mod")):
		path = here
	case dir != filepath.Dir(dir):
		path = l.above(filepath.Dir(dir))
	}
	l.dirs.Store(dir, path)
	return path
}

func (l *locks) inMemory(path string) bool {
	return l.opts.Locks[path] != nil || l.opts.Files[path] != nil
}

// of is a unit's lock; an empty one if there is none, and nil if it is broken:
// what a broken lock lacks is no mistake of the spec's.
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
	l.read[path] = lock
	l.found.Add(diags...)
	return lock
}

// readPinned reads a lock and adds the pins of the run. It is nil if the lock
// is broken.
func (l *locks) readPinned(path string) (*pin.Lock, diag.List) {
	lock, diags := ReadLock(path, l.opts.Options)
	if diags.HasErrors() {
		return nil, diags
	}
	maps.Copy(lock.Images, l.opts.Pins)
	return lock, diags
}

// NearestLock reads the lock that a spec in a directory would have.
func NearestLock(dir string, opts Options) (*pin.Lock, diag.List) {
	l := newLocks(opts)
	return l.readPinned(cmp.Or(opts.LockFile, l.above(dir), filepath.Join(dir, pin.LockName)))
}

// ReadLock reads the lock at a path. There being none is no mistake: it is an
// empty lock.
func ReadLock(path string, opts load.Options) (*pin.Lock, diag.List) {
	file := opts.Rel(path)
	if conflicts := pin.Conflicts(file, opts.Source(file)); conflicts != nil {
		return pin.NewLock(), conflicts
	}
	root, diags := load.YAML(path, opts)
	if root == nil || diags.HasErrors() {
		return pin.NewLock(), diags
	}
	return pin.DecodeLock(root)
}
