package cuelang

import (
	"io/fs"
	"path"
	"strings"
	"sync"

	"github.com/belay-sh/belay/compiler/load"
)

// files is the file system that cue/load and @embed read: the unit's tree, and
// below it the modules that the registry gave out.
type files struct {
	*load.Tree
	registry *registry

	// While packages are put together only CUE files are listed: cue/load reads
	// whatever is in a directory.
	loading bool

	mu      sync.Mutex
	refused map[string]error // why paths could not be read, which CUE doesn't always say
}

func (f *files) Open(name string) (fs.File, error) {
	if m, rel := f.registry.at(name); m != nil {
		return m.Open(rel)
	}
	file, err := f.Tree.Open(name)
	f.note(name, err)
	return file, err
}

func (f *files) Stat(name string) (fs.FileInfo, error) {
	if m, rel := f.registry.at(name); m != nil {
		return fs.Stat(m, rel)
	}
	info, err := f.Tree.Stat(name)
	f.note(name, err)
	return info, err
}

func (f *files) ReadFile(name string) ([]byte, error) {
	if m, rel := f.registry.at(name); m != nil {
		return fs.ReadFile(m, rel)
	}
	data, err := f.Tree.ReadFile(name)
	f.note(name, err)
	return data, err
}

func (f *files) ReadDir(name string) (listed []fs.DirEntry, err error) {
	if m, rel := f.registry.at(name); m != nil {
		return fs.ReadDir(m, rel)
	}
	entries, err := f.Tree.ReadDir(name)
	f.note(name, err)
	if !f.loading {
		return entries, err
	}
	if err != nil {
		// CUE looks for every package in several places: one that may not be read has none.
		return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
	}
	for _, e := range entries {
		if e.IsDir() || strings.HasSuffix(e.Name(), ".cue") {
			listed = append(listed, e)
		}
	}
	return listed, nil
}

func (f *files) note(name string, err error) {
	if err == nil {
		return
	}
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.refused == nil {
		f.refused = map[string]error{}
	}
	f.refused[path.Join("/", name)] = err
}
