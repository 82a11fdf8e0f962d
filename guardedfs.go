package belay

import (
	"fmt"
	"io/fs"
	"runtime/debug"
	"sync"
	"time"
)

// A guardedFS is a file system that is not read any more once it is closed, so
// that its owner may change it when Compile has returned, even early. If a method
// of the file system panics, that is an error of the file system, and is kept.
type guardedFS struct {
	fsys   fs.FS
	mu     sync.RWMutex // held by reads, and by close
	closed bool

	brokenOnce sync.Once
	broken     error // the first panic; to be read after close
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
	return guard(g, name, func() (copies []fs.DirEntry, err error) {
		entries, err := fs.ReadDir(g.fsys, name)
		for _, e := range entries {
			info := func() (fs.FileInfo, error) {
				return guard(g, name, func() (fs.FileInfo, error) { return copyInfo(e.Info()) })
			}
			copies = append(copies, dirEntry{e.Name(), e.Type(), info})
		}
		return copies, err
	})
}

// Stat describes a file or directory.
func (g *guardedFS) Stat(name string) (fs.FileInfo, error) {
	return guard(g, name, func() (fs.FileInfo, error) { return copyInfo(fs.Stat(g.fsys, name)) })
}

func guard[T any](g *guardedFS, name string, read func() (T, error)) (value T, err error) {
	g.mu.RLock()
	defer g.mu.RUnlock()
	var none T
	if g.closed {
		return none, &fs.PathError{Op: "read", Path: name, Err: fs.ErrClosed}
	}
	defer func() {
		if panicked := recover(); panicked != nil {
			value, err = none, fmt.Errorf("belay: the file system given to Compile panicked at %s: %v\n%s", name, panicked, debug.Stack())
			g.brokenOnce.Do(func() { g.broken = err })
		}
	}()
	return read()
}

// A dirEntry is a copy of an entry, whose methods call nothing of the file system's
// without a guard.
type dirEntry struct {
	name string
	mode fs.FileMode
	info func() (fs.FileInfo, error)
}

func (e dirEntry) Name() string               { return e.name }
func (e dirEntry) IsDir() bool                { return e.mode.IsDir() }
func (e dirEntry) Type() fs.FileMode          { return e.mode }
func (e dirEntry) Info() (fs.FileInfo, error) { return e.info() }

// A fileInfo is a copy of what describes a file.
type fileInfo struct {
	name    string
	size    int64
	mode    fs.FileMode
	modTime time.Time
}

func copyInfo(info fs.FileInfo, err error) (fs.FileInfo, error) {
	if err != nil {
		return nil, err
	}
	return fileInfo{info.Name(), info.Size(), info.Mode(), info.ModTime()}, nil
}

func (i fileInfo) Name() string       { return i.name }
func (i fileInfo) Size() int64        { return i.size }
func (i fileInfo) Mode() fs.FileMode  { return i.mode }
func (i fileInfo) ModTime() time.Time { return i.modTime }
func (i fileInfo) IsDir() bool        { return i.mode.IsDir() }
func (i fileInfo) Sys() any           { return nil }
