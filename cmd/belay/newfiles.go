package main

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"slices"
	"strings"

	"github.com/belay-sh/belay/internal/scaffold"
)

// writeNewFiles writes files below the working directory. If one of them exists, or
// one of the directories has CUE files, it writes none and returns what exists. If it
// fails, it removes what it has written. No link leads it out of the working
// directory.
func (c *cli) writeNewFiles(files []scaffold.File, directories []string) (existing []string, err error) {
	root, err := os.OpenRoot(c.Dir)
	if err != nil {
		return nil, err
	}
	defer root.Close()
	for _, file := range files {
		name, err := existingPart(root, file.Path)
		if err != nil {
			return nil, err
		}
		if name != "" {
			existing = append(existing, name)
		}
	}
	for _, dir := range directories {
		sources, err := fs.Glob(root.FS(), path.Join(dir, "*.cue"))
		if err != nil {
			return nil, err
		}
		existing = append(existing, sources...)
	}
	if len(existing) > 0 {
		slices.Sort(existing)
		return slices.Compact(existing), nil
	}
	var made []string
	for _, file := range files {
		if err := createFile(root, file, &made); err != nil {
			for _, name := range slices.Backward(made) {
				err = errors.Join(err, root.Remove(name))
			}
			return nil, err
		}
	}
	return nil, nil
}

// existingPart returns the path of a file if it exists, or the part of the path that
// is not a directory; "" if the file can be made.
func existingPart(root *os.Root, name string) (string, error) {
	parts := strings.Split(name, "/")
	for i := range parts {
		at := path.Join(parts[:i+1]...)
		if i == len(parts)-1 {
			if _, err := root.Lstat(at); err == nil {
				return at, nil
			} else if !errors.Is(err, fs.ErrNotExist) {
				return "", err
			}
			return "", nil
		}
		info, err := root.Stat(at)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			if _, err := root.Lstat(at); err == nil {
				return at, nil // a link that leads nowhere
			}
			return "", nil
		case err != nil:
			return "", err
		case !info.IsDir():
			return at, nil
		}
	}
	return "", nil
}

// createFile writes a file that does not exist, and the directories that it takes. It
// appends to made what it has made.
func createFile(root *os.Root, file scaffold.File, made *[]string) error {
	parts := strings.Split(file.Path, "/")
	for i := range parts[:len(parts)-1] {
		dir := path.Join(parts[:i+1]...)
		switch err := root.Mkdir(dir, 0o755); {
		case err == nil:
			*made = append(*made, dir)
		case !errors.Is(err, fs.ErrExist):
			return err
		}
	}
	f, err := root.OpenFile(file.Path, os.O_WRONLY|os.O_CREATE|os.O_EXCL, 0o644)
	if err != nil {
		return err
	}
	*made = append(*made, file.Path)
	_, err = f.WriteString(file.Text)
	return errors.Join(err, f.Close())
}
