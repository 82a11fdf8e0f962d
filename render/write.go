package render

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/fault"
)

// stagePrefix begins the names of the directories that hold new contents until
// all of them are on disk.
const stagePrefix = ".belay-"

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
	stage, err := os.MkdirTemp(p.dir, stagePrefix)
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
	stage, err := os.MkdirTemp(parent, stagePrefix)
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
	for _, r := range p.Remove {
		if err := c.remove(r.Path); err != nil {
			return errors.Join(fmt.Errorf("%s: %w", r.Path, err), p.undo(c))
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
func (c *commit) prune(removed []Removal) {
	for _, r := range removed {
		for dir := path.Dir(r.Path); dir != "."; dir = path.Dir(dir) {
			if c.root.Remove(dir) != nil {
				break
			}
		}
	}
}
