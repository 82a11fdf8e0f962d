package belay

import (
	"io/fs"
	"sync"
)

// A guardedFS is a file system that is not read any more once it is closed, so
// that its owner may change it when Compile has returned, even early.
type guardedFS struct {
	fsys   fs.FS
	mu     sync.RWMutex // held by reads, and by close
	closed bool
}

// close waits for reads that are going on.
func (g *guardedFS) close() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.closed = true
}

// Open is for what no method below reads, which the compiler has nothing of.
func (g *guardedFS) Open(name string) (fs.File, error) {
	return guard(g, name, func() (fs.File, error) { return g.fsys.Open(name) })
}

// ReadFile returns what is in a file.
func (g *guardedFS) ReadFile(name string) ([]byte, error) {
	return guard(g, name, func() ([]byte, error) { return fs.ReadFile(g.fsys, name) })
}

// ReadDir lists a directory.
func (g *guardedFS) ReadDir(name string) ([]fs.DirEntry, error) {
	return guard(g, name, func() ([]fs.DirEntry, error) { return fs.ReadDir(g.fsys, name) })
}

// Stat describes a file or directory.
func (g *guardedFS) Stat(name string) (fs.FileInfo, error) {
	return guard(g, name, func() (fs.FileInfo, error) { return fs.Stat(g.fsys, name) })
}

func guard[T any](g *guardedFS, name string, read func() (T, error)) (T, error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	if g.closed {
		var none T
		return none, &fs.PathError{Op: "read", Path: name, Err: fs.ErrClosed}
	}
	return read()
}
