package load

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"path"
	"path/filepath"
	"slices"
	"sync"

	"github.com/belay-sh/belay/internal/diag"
)

// Modules returns the CUE modules that units import from outside of their own
// module, by path and version ("corp.example/lib@v0.1.0"), and the digest of
// each as it lies in CUE's module cache. Copies below cue.mod/pkg are part of
// the importing module and are left out. The diagnostics name the modules that
// are not in the cache.
func Modules(units []*Unit) (map[string]string, diag.List) {
	all := map[string]string{}
	var diags diag.List
	for _, u := range units {
		if u.Options.CUE == nil || u.language != cueLanguage {
			continue
		}
		digests, more := u.Options.CUE.Modules(u)
		maps.Copy(all, digests)
		diags.Add(more...)
	}
	return all, diags
}

// A Module is a CUE module as it was read from a directory: whole, at once, and
// once in a run. What is compiled is therefore what the digest was computed of.
type Module struct {
	Digest string // "sha256:…"
	files  map[string][]byte
	dirs   map[string][]string // names in each directory, sorted
}

// Module reads the module in a directory. All units of a run share it.
func (u *Unit) Module(dir string) (*Module, error) { return u.Options.shared.cachedModule(dir) }

func (s *shared) cachedModule(dir string) (*Module, error) {
	read, _ := s.cached.LoadOrStore(dir, sync.OnceValues(func() (*Module, error) { return s.opts.readModule(dir) }))
	return read.(func() (*Module, error))()
}

// readModule reads every file below a directory. A module holds nothing but
// directories and regular files: links could lead to what the digest does not cover.
func (o Options) readModule(dir string) (*Module, error) {
	m := &Module{files: map[string][]byte{}, dirs: map[string][]string{}}
	var visit func(sub string) error
	visit = func(sub string) error {
		entries, err := o.readDir(filepath.Join(dir, filepath.FromSlash(sub)))
		if err != nil {
			return err
		}
		for _, e := range entries {
			name := path.Join(sub, e.Name())
			m.dirs[sub] = append(m.dirs[sub], e.Name())
			switch {
			case e.IsDir():
				err = visit(name)
			case e.Type().IsRegular():
				m.files[name], err = o.read(filepath.Join(dir, filepath.FromSlash(name)))
			default:
				err = fmt.Errorf("%s is not a regular file", name)
			}
			if err != nil {
				return err
			}
		}
		return nil
	}
	if err := visit("."); err != nil {
		return nil, err
	}
	m.Digest = digestOf(m.files)
	return m, nil
}

// digestOf computes the digest of a module: the SHA-256 of one line for each
// file, in the order of their names, of the file's own SHA-256 in hexadecimal,
// two spaces, and its path below the module's root, with slashes.
func digestOf(files map[string][]byte) string {
	all := sha256.New()
	for _, name := range slices.Sorted(maps.Keys(files)) {
		sum := sha256.Sum256(files[name])
		fmt.Fprintf(all, "%x  %s\n", sum, name)
	}
	return "sha256:" + hex.EncodeToString(all.Sum(nil))
}

// Open opens a file or directory of the module, as fs.FS has it.
func (m *Module) Open(name string) (fs.File, error) {
	if data, ok := m.files[name]; ok {
		return newFileOf(path.Base(name), data), nil
	}
	if names, ok := m.dirs[name]; ok {
		return &openDir{entry: entry{name: path.Base(name), dir: true}, entries: m.entries(name, names)}, nil
	}
	return nil, &fs.PathError{Op: "open", Path: name, Err: fs.ErrNotExist}
}

func (m *Module) entries(dir string, names []string) (entries []fs.DirEntry) {
	for _, name := range names {
		data, file := m.files[path.Join(dir, name)]
		entries = append(entries, fs.FileInfoToDirEntry(entry{name: name, size: len(data), dir: !file}))
	}
	return entries
}

// newFileOf is an open file that has data in it.
func newFileOf(name string, data []byte) fs.File {
	return &openFile{entry: entry{name: name, size: len(data)}, Reader: bytes.NewReader(data)}
}

type openFile struct {
	entry
	*bytes.Reader
}

func (f *openFile) Stat() (fs.FileInfo, error) { return f.entry, nil }
func (f *openFile) Close() error               { return nil }
func (f *openFile) Size() int64                { return f.entry.Size() }

// openDir is an open directory.
type openDir struct {
	entry
	entries []fs.DirEntry
}

func (d *openDir) Stat() (fs.FileInfo, error) { return d.entry, nil }
func (d *openDir) Close() error               { return nil }
func (d *openDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: fs.ErrInvalid}
}

// ReadDir returns the next n entries, or all that are left.
func (d *openDir) ReadDir(n int) (next []fs.DirEntry, err error) {
	if n <= 0 || n > len(d.entries) {
		if n > 0 && len(d.entries) == 0 {
			return nil, io.EOF
		}
		n = len(d.entries)
	}
	next, d.entries = d.entries[:n], d.entries[n:]
	return next, nil
}
