package render

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"runtime"
	"slices"
	"strings"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/fault"
)

// A scan is what a directory holds.
type scan struct {
	own     map[string][]string // the owners of each file that belay wrote, by path
	foreign []string            // other files that kubectl apply -R applies, sorted
}

// scanDirectory reads the headers of all files below a directory. It never
// follows links.
func scanDirectory(dir string) (*scan, error) {
	s := &scan{own: map[string][]string{}}
	root, err := os.OpenRoot(dir)
	if errors.Is(err, fs.ErrNotExist) {
		return s, nil
	}
	if info, statErr := os.Stat(dir); statErr == nil && !info.IsDir() {
		return nil, fmt.Errorf("%s is a file; the output takes a directory, such as %s.d", dir, dir)
	}
	if err != nil {
		return nil, err
	}
	defer root.Close()
	var names []string
	err = fs.WalkDir(root.FS(), ".", func(name string, d fs.DirEntry, err error) error {
		switch {
		case err != nil:
			return err
		case d.IsDir() && (d.Name() == ".git" || strings.HasPrefix(d.Name(), stagePrefix)):
			return fs.SkipDir
		case !d.IsDir() && isManifest(name):
			names = append(names, name)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return s, s.readHeaders(root, names)
}

// isManifest reports whether kubectl applies a file of that name.
func isManifest(name string) bool {
	return slices.Contains([]string{".yaml", ".yml", ".json"}, path.Ext(name))
}

// readHeaders reads the headers of files, as many at a time as there are
// processors.
func (s *scan) readHeaders(root *os.Root, names []string) error {
	var mu sync.Mutex
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for _, name := range names {
		workers.Go(func() error {
			defer fault.Exit()
			owners, own, err := readHeader(root, name)
			mu.Lock()
			defer mu.Unlock()
			if own {
				s.own[name] = owners
			} else {
				s.foreign = append(s.foreign, name)
			}
			return err
		})
	}
	err := workers.Wait()
	slices.Sort(s.foreign)
	return err
}

// readHeader reads the header of a file: all of it that begins like one, since
// a file that many specs share names many owners.
func readHeader(root *os.Root, name string) (owners []string, own bool, err error) {
	info, err := root.Lstat(name)
	if err != nil || !info.Mode().IsRegular() {
		return nil, false, err
	}
	f, err := root.Open(name)
	if err != nil {
		return nil, false, err
	}
	defer f.Close()
	var data bytes.Buffer
	for size := int64(1024); ; size *= 4 {
		n, err := io.CopyN(&data, f, size)
		if err != nil && !errors.Is(err, io.EOF) {
			return nil, false, err
		}
		owners, rest, own := splitHeader(data.Bytes())
		inOwners := bytes.HasPrefix(rest, []byte("#")) || len(rest) == 0
		if !own || n < size || !inOwners {
			return owners, own, nil
		}
	}
}
