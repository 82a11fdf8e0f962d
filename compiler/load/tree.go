package load

import (
	"errors"
	"io/fs"
	"path/filepath"
	"slices"
	"strings"
)

var errHidden = errors.New("a spec can't read names that begin with a dot")

// A Tree is the file system as the spec of a unit may read it: the names are
// absolute paths without the first slash. Every read goes through the unit's
// Options, and so through the root of a confined run; there is nothing to check
// beforehand. Names that begin with a dot are not there, since what tools keep
// under such names (.git/config, with its tokens) is not the spec's to publish.
type Tree struct {
	unit *Unit
	base string            // what is hidden below this directory is hidden
	read map[string][]byte // contents that have been read before, by absolute path
}

// Tree returns the unit's file system. What has been read of it before stays
// as it was read.
func (u *Unit) Tree(read map[string][]byte) *Tree {
	base := u.ModuleRoot()
	if u.Options.Root != nil {
		base = u.Options.Root.Name()
	}
	if u.Options.FS != nil {
		base = u.Options.Dir
	}
	if base == "" {
		base = u.Dir
	}
	return &Tree{u, base, read}
}

// Open opens a file, whose contents are read at once, or a directory.
func (t *Tree) Open(name string) (fs.File, error) {
	info, err := t.Stat(name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		entries, err := t.ReadDir(name)
		return &openDir{entry{name: info.Name(), dir: true}, entries}, err
	}
	data, err := t.ReadFile(name)
	if err != nil {
		return nil, err
	}
	return newFileOf(info.Name(), data), nil
}

// Stat describes a file or directory; links are followed.
func (t *Tree) Stat(name string) (fs.FileInfo, error) {
	abs := absolute(name)
	if err := t.visible(abs); err != nil {
		return nil, &fs.PathError{Op: "stat", Path: name, Err: err}
	}
	if data, ok := t.unit.Options.Files[abs]; ok {
		return entry{name: filepath.Base(abs), size: len(data)}, nil
	}
	return t.unit.Options.stat(abs)
}

// ReadFile returns what is in a file.
func (t *Tree) ReadFile(name string) ([]byte, error) {
	abs := absolute(name)
	if data, ok := t.read[abs]; ok {
		return data, nil
	}
	if err := t.visible(abs); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	return t.unit.Options.readVisible(abs)
}

// ReadDir lists a directory, without hidden names.
func (t *Tree) ReadDir(name string) (listed []fs.DirEntry, err error) {
	abs := absolute(name)
	if err := t.visible(abs); err != nil {
		return nil, &fs.PathError{Op: "open", Path: name, Err: err}
	}
	entries, err := t.unit.Options.readDir(abs)
	for _, e := range entries {
		if t.visible(filepath.Join(abs, e.Name())) == nil {
			listed = append(listed, e)
		}
	}
	return listed, err
}

func absolute(name string) string {
	return filepath.Join(string(filepath.Separator), filepath.FromSlash(name))
}

// visible returns errHidden for a path with a hidden name in it. The names of
// the directories that lead to the unit's own are not hidden from it: the user
// named them.
func (t *Tree) visible(abs string) error {
	rel, err := filepath.Rel(t.base, abs)
	if err != nil || !filepath.IsLocal(rel) || !isHidden(rel) {
		return nil
	}
	dir := t.base
	for _, name := range strings.Split(rel, string(filepath.Separator)) {
		dir = filepath.Join(dir, name)
		if isHidden(name) && t.unit.Dir != dir && !strings.HasPrefix(t.unit.Dir, dir+string(filepath.Separator)) {
			return errHidden
		}
	}
	return nil
}

// isHidden reports whether a relative path has a name in it that begins with a dot.
func isHidden(rel string) bool {
	return slices.ContainsFunc(strings.Split(filepath.ToSlash(rel), "/"), func(name string) bool {
		return strings.HasPrefix(name, ".") && name != "." && name != ".."
	})
}
