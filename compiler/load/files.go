package load

import (
	"bytes"
	"cmp"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

var (
	errOutside  = errors.New("it leads out of the directory that the run is confined to")
	errNotAFile = errors.New("it is not a regular file")
)

const tooLargePrefix = "it is larger than "

// tooLarge is the error for a file above the limit, in bytes.
type tooLarge int64

func (e tooLarge) Error() string { return tooLargePrefix + Size(e) }

// Size is a number of bytes as messages have it.
func Size[N ~int64](n N) string {
	if n%(1<<20) == 0 {
		return fmt.Sprintf("%d MiB", n>>20)
	}
	return fmt.Sprintf("%d bytes", n)
}

// read returns what is in a file. In a confined run links are followed as long
// as they stay inside (os.Root), and what is no regular file is not opened for
// longer than it takes to see that: a pipe could be waited on for ever.
func (o Options) read(abs string) ([]byte, error) {
	if data, ok := o.Files[abs]; ok {
		return data, nil
	}
	if o.FS != nil {
		return o.readFS(abs)
	}
	f, err := o.open(abs)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil {
		return nil, err
	}
	if o.Root != nil && !info.Mode().IsRegular() {
		return nil, errNotAFile
	}
	limit := o.inputLimit()
	if info.Size() > limit {
		return nil, tooLarge(limit)
	}
	var data bytes.Buffer
	data.Grow(int(info.Size()) + bytes.MinRead)
	if _, err := data.ReadFrom(io.LimitReader(f, limit+1)); err != nil {
		return nil, err
	}
	if int64(data.Len()) > limit {
		return nil, tooLarge(limit)
	}
	return data.Bytes(), nil
}

// readFS returns what is in a file of FS.
func (o Options) readFS(abs string) ([]byte, error) {
	info, err := o.stat(abs)
	switch {
	case err != nil:
		return nil, err
	case !info.Mode().IsRegular():
		return nil, errNotAFile
	case info.Size() > o.inputLimit():
		return nil, tooLarge(o.inputLimit())
	}
	name, err := o.inFS(abs)
	if err != nil {
		return nil, err
	}
	return fs.ReadFile(o.FS, name)
}

// inFS returns the name that a path has in FS. For a path outside of it the error
// is that there is nothing.
func (o Options) inFS(abs string) (string, error) {
	name, err := filepath.Rel(o.Dir, abs)
	if err != nil || !filepath.IsLocal(name) {
		return "", fs.ErrNotExist
	}
	return filepath.ToSlash(name), nil
}

// inputLimit is how large a file may be, in bytes.
func (o Options) inputLimit() int64 { return cmp.Or(o.Limits.Input, math.MaxInt64-1) }

func (o Options) open(abs string) (*os.File, error) {
	if o.Root == nil {
		if isNamedPipe(abs) {
			return nil, errNotAFile
		}
		return os.Open(abs)
	}
	name, err := o.inside(abs)
	if err != nil {
		return nil, err
	}
	if name, err = o.withoutLinks(name); err != nil {
		return nil, err
	}
	if inRepository(name) {
		return nil, errHidden
	}
	f, err := o.Root.OpenFile(name, os.O_RDONLY|syscall.O_NONBLOCK, 0)
	return f, o.outside(err)
}

// isNamedPipe reports whether there is a pipe at a path that nobody may ever
// write to: opening it would not return. Those of the process itself, as a shell
// makes them for <(…), have a writer.
func isNamedPipe(abs string) bool {
	info, err := os.Stat(abs)
	return err == nil && info.Mode()&fs.ModeNamedPipe != 0 && !strings.HasPrefix(abs, "/dev/") && !strings.HasPrefix(abs, "/proc/")
}

// readVisible reads a file that a spec names. A link to what Git keeps is
// hidden like the name itself; a confined run has that from open.
func (o Options) readVisible(abs string) ([]byte, error) {
	if _, ok := o.Files[abs]; !ok && o.Root == nil && o.FS == nil {
		real, err := filepath.EvalSymlinks(abs)
		if err != nil {
			return nil, err
		}
		if inRepository(real) && !inRepository(abs) {
			return nil, errHidden
		}
	}
	return o.read(abs)
}

// inRepository reports whether a path leads into a directory of Git's own.
func inRepository(path string) bool {
	return slices.Contains(strings.Split(filepath.ToSlash(path), "/"), ".git")
}

// maxLinks bounds how many links a path may lead through.
const maxLinks = 40

// withoutLinks is where a path below the root leads to: the same file, by a
// path that has no links in it. Opening goes through the root all the same.
func (o Options) withoutLinks(name string) (string, error) {
	todo, done := strings.Split(name, string(filepath.Separator)), "."
	for links := 0; len(todo) > 0; {
		next := filepath.Join(done, todo[0])
		todo = todo[1:]
		if !filepath.IsLocal(next) {
			return "", errOutside
		}
		info, err := o.Root.Lstat(next)
		if err != nil {
			return "", o.outside(err)
		}
		if info.Mode()&fs.ModeSymlink == 0 {
			done = next
			continue
		}
		target, err := o.Root.Readlink(next)
		if err != nil {
			return "", o.outside(err)
		}
		switch links++; {
		case links > maxLinks:
			return "", syscall.ELOOP
		case filepath.IsAbs(target):
			return "", errOutside
		}
		todo = append(strings.Split(filepath.Clean(target), string(filepath.Separator)), todo...)
	}
	return done, nil
}

// stat says what is at a path: links are followed.
func (o Options) stat(abs string) (fs.FileInfo, error) {
	if o.FS != nil {
		name, err := o.inFS(abs)
		if err != nil {
			return nil, err
		}
		return fs.Stat(o.FS, name)
	}
	if o.Root == nil {
		return os.Stat(abs)
	}
	name, err := o.inside(abs)
	if err != nil {
		return nil, err
	}
	info, err := o.Root.Stat(name)
	return info, o.outside(err)
}

// Exists reports whether there is a file or directory at a path, and the run
// may see it.
func (o Options) Exists(abs string) bool {
	_, err := o.stat(abs)
	return err == nil
}

// list returns what is in a directory, sorted: files and links, directories.
func (o Options) list(dir string) (names, subdirs []string, err error) {
	entries, err := o.readDir(dir)
	for _, e := range entries {
		if e.IsDir() {
			subdirs = append(subdirs, e.Name())
		} else {
			names = append(names, e.Name())
		}
	}
	return names, subdirs, err
}

func (o Options) readDir(dir string) ([]fs.DirEntry, error) {
	if o.FS != nil {
		name, err := o.inFS(dir)
		if err != nil {
			return nil, err
		}
		return fs.ReadDir(o.FS, name)
	}
	if o.Root == nil {
		return os.ReadDir(dir)
	}
	name, err := o.inside(dir)
	if err != nil {
		return nil, err
	}
	entries, err := fs.ReadDir(o.Root.FS(), filepath.ToSlash(name))
	return entries, o.outside(err)
}

// inside is a path relative to the root.
func (o Options) inside(abs string) (string, error) {
	name, err := filepath.Rel(o.Root.Name(), abs)
	if err != nil || !filepath.IsLocal(name) {
		return "", errOutside
	}
	return name, nil
}

// outside returns errOutside for the error that os.Root has for links that lead
// out, and any other error as it is. That error has no name; what looking above a
// root returns has the same cause.
func (o Options) outside(err error) error {
	if err == nil {
		return nil
	}
	_, above := o.Root.Lstat("..")
	if escapes := new(fs.PathError); errors.As(above, &escapes) && errors.Is(err, escapes.Err) {
		return errOutside
	}
	return err
}

// Unreadable is the error for a file that can't be read. There is no better
// token than its start.
func (o Options) Unreadable(abs string, err error) diag.Diagnostic {
	code := diag.ReadFailed
	var size tooLarge
	switch {
	case errors.As(err, &size):
		code = diag.TooLarge
	case errors.Is(err, errOutside):
		code = diag.OutsideRoot
	case errors.Is(err, errHidden):
		code = diag.HiddenFile
	}
	start := diag.Position{Line: 1, Column: 1}
	return diag.Diagnostic{
		Code: code, Severity: diag.Error, Message: fmt.Sprintf("can't be read: %v", rootCause(err)),
		At: diag.Range{File: o.DisplayPath(abs), Start: start, End: start},
	}
}

// Refusal is the code for a message that has one of this package's reasons for
// not reading a file in it; CUE passes on the texts of errors alone.
func Refusal(message string) (diag.Code, string) {
	for _, r := range []struct {
		code diag.Code
		err  error
	}{{diag.HiddenFile, errHidden}, {diag.OutsideRoot, errOutside}, {diag.ReadFailed, errNotAFile}} {
		if strings.Contains(message, r.err.Error()) {
			return r.code, r.err.Error()
		}
	}
	if i := strings.Index(message, tooLargePrefix); i >= 0 {
		return diag.TooLarge, message[i:]
	}
	return "", ""
}

// ReadRelativeTo reads a file that a spec names, by a path relative to the file in
// which n, a value of the spec, is written. It returns nil for a file that is
// not there.
func (o Options) ReadRelativeTo(n *ir.Node, name string) ([]byte, diag.List) {
	dir := o.Dir
	if n.At.File != Stdin {
		dir = filepath.Dir(o.Abs(filepath.FromSlash(n.At.File)))
	}
	abs := filepath.Join(dir, filepath.FromSlash(name))
	if isHidden(name) {
		return nil, diag.List{n.Errorf(diag.HiddenFile, "%s: %v", name, errHidden)}
	}
	data, err := o.readVisible(abs)
	if err == nil || errors.Is(err, fs.ErrNotExist) {
		return data, nil
	}
	d := o.Unreadable(abs, err)
	return nil, diag.List{n.Errorf(d.Code, "%s %s", d.At.File, d.Message)}
}
