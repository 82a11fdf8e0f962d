package render

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"syscall"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/fault"
)

// A Plan is what has to change in a directory so that it holds a bundle. It
// touches only files that belay wrote.
type Plan struct {
	dir    string
	Write  []File            // new and changed files, sorted
	Remove []string          // files that belay wrote before and no longer writes, sorted
	old    map[string][]byte // what is there now of both
}

// Empty reports whether the directory holds the bundle as it is.
func (p *Plan) Empty() bool { return len(p.Write) == 0 && len(p.Remove) == 0 }

// NewPlan compares a directory with a bundle. A file of the bundle where
// someone else's file is, is an error.
func NewPlan(dir string, files []File) (*Plan, error) {
	current, err := ownFiles(dir)
	if err != nil {
		return nil, err
	}
	return newPlan(dir, files, current)
}

// NewPartialPlan compares a part of a directory: files that should be in it,
// and others that should not.
func NewPartialPlan(dir string, files []File, gone []string) (*Plan, error) {
	names := slices.Clone(gone)
	for _, f := range files {
		names = append(names, f.Path)
	}
	current := map[string][]byte{}
	for _, name := range names {
		data, err := os.ReadFile(filepath.Join(dir, filepath.FromSlash(name)))
		switch {
		case errors.Is(err, fs.ErrNotExist):
		case err != nil:
			return nil, err
		case bytes.HasPrefix(data, []byte(header)):
			current[name] = data
		}
	}
	return newPlan(dir, files, current)
}

// newPlan compares with what belay wrote before, by name.
func newPlan(dir string, files []File, current map[string][]byte) (*Plan, error) {
	p := &Plan{dir: dir, old: map[string][]byte{}}
	wanted := map[string]bool{}
	for _, f := range files {
		wanted[f.Path] = true
		have, own := current[f.Path]
		if own && bytes.Equal(have, f.Data) {
			continue
		}
		if !own {
			if err := checkFree(dir, f.Path); err != nil {
				return nil, err
			}
		} else {
			p.old[f.Path] = have
		}
		p.Write = append(p.Write, f)
	}
	for name, data := range current {
		if !wanted[name] {
			p.Remove = append(p.Remove, name)
			p.old[name] = data
		}
	}
	slices.Sort(p.Remove)
	return p, nil
}

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

// ownFiles reads the files below a directory that belay wrote.
func ownFiles(dir string) (map[string][]byte, error) {
	files := map[string][]byte{}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return files, nil
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && name != "." && strings.HasPrefix(d.Name(), ".") {
			return fs.SkipDir
		}
		if !d.Type().IsRegular() || !strings.HasSuffix(name, ".yaml") {
			return nil
		}
		data, err := root.ReadFile(name)
		if err == nil && bytes.HasPrefix(data, []byte(header)) {
			files[name] = data
		}
		return err
	})
	return files, err
}

// Apply changes the directory. All new contents are on disk before the first
// file changes, so that a full disk changes nothing. A new directory appears
// in one rename; in one that is there each file changes in one rename, and
// what fails then is undone.
func (p *Plan) Apply() error {
	if p.Empty() {
		return nil
	}
	if _, err := os.Stat(p.dir); errors.Is(err, fs.ErrNotExist) {
		return p.create()
	}
	stage, err := os.MkdirTemp(p.dir, ".belay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	staged := make([]File, len(p.Write))
	for i, f := range p.Write {
		staged[i] = File{Path: strconv.Itoa(i), Data: f.Data}
	}
	if err := writeAll(stage, staged); err != nil {
		return err
	}
	root, err := os.OpenRoot(p.dir)
	if err != nil {
		return err
	}
	defer root.Close()
	return p.commit(&commit{root: root, stage: path.Base(stage)})
}

// create makes the directory beside its place, and moves it there.
func (p *Plan) create() error {
	parent := filepath.Dir(p.dir)
	if err := os.MkdirAll(parent, 0o755); err != nil {
		return err
	}
	stage, err := os.MkdirTemp(parent, ".belay-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(stage)
	if err := os.Chmod(stage, 0o755); err != nil {
		return err
	}
	if err := writeAll(stage, p.Write); err != nil {
		return err
	}
	return os.Rename(stage, p.dir)
}

// writeAll writes files below a directory, as many at a time as there are
// processors.
func writeAll(dir string, files []File) error {
	made := map[string]bool{".": true}
	for _, f := range files {
		if d := path.Dir(f.Path); !made[d] {
			made[d] = true
			if err := os.MkdirAll(filepath.Join(dir, d), 0o755); err != nil {
				return err
			}
		}
	}
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, f := range files {
		workers.Go(func() error {
			defer fault.Exit()
			return os.WriteFile(filepath.Join(dir, filepath.FromSlash(f.Path)), f.Data, 0o644)
		})
	}
	return workers.Wait()
}

func (p *Plan) commit(c *commit) error {
	for i, f := range p.Write {
		if err := c.replace(i, f.Path); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", f.Path, err), p.undo(c))
		}
	}
	for _, name := range p.Remove {
		if err := c.remove(name); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", name, err), p.undo(c))
		}
	}
	c.prune(p.Remove)
	return nil
}

// A commit puts staged files in place, and notes how far it got.
type commit struct {
	root  *os.Root
	stage string
	made  string   // the directory made last
	done  []string // files that were replaced or removed
}

func (c *commit) staged(i int) string { return path.Join(c.stage, strconv.Itoa(i)) }

func (c *commit) replace(i int, name string) error {
	if dir := path.Dir(name); dir != c.made {
		if err := c.root.MkdirAll(dir, 0o755); err != nil {
			return err
		}
		c.made = dir
	}
	if err := c.root.Rename(c.staged(i), name); err != nil {
		return err
	}
	c.done = append(c.done, name)
	return nil
}

func (c *commit) remove(name string) error {
	if err := c.root.Remove(name); err != nil {
		return err
	}
	c.done = append(c.done, name)
	return nil
}

// undo brings back what the files were.
func (p *Plan) undo(c *commit) (err error) {
	for _, name := range slices.Backward(c.done) {
		if old, ok := p.old[name]; ok {
			err = errors.Join(err, c.root.WriteFile(name, old, 0o644))
		} else {
			err = errors.Join(err, c.root.Remove(name))
		}
	}
	return err
}

// prune removes the directories that removed files leave empty.
func (c *commit) prune(removed []string) {
	for _, name := range removed {
		for dir := path.Dir(name); dir != "."; dir = path.Dir(dir) {
			if c.root.Remove(dir) != nil {
				break
			}
		}
	}
}
