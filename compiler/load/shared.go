package load

import (
	"path/filepath"
	"slices"
	"sync"
)

// shared is what the units of a run find out together: packages of a module
// have the directories above them in common, and each is looked at once.
type shared struct {
	opts    Options
	modules sync.Map // the root of the module that a directory belongs to, or ""
	files   sync.Map // the package files in a directory
	stray   func() stray
}

func newShared(opts Options) *shared {
	s := &shared{opts: opts}
	s.stray = sync.OnceValue(s.findStray)
	return s
}

// module is the nearest directory at or above dir that has a cue.mod, or "".
func (s *shared) module(dir string) (root string) {
	if known, ok := s.modules.Load(dir); ok {
		return known.(string)
	}
	switch {
	case s.isModule(dir):
		root = dir
	case dir != filepath.Dir(dir):
		root = s.module(filepath.Dir(dir))
	}
	s.modules.Store(dir, root)
	return root
}

func (s *shared) isModule(dir string) bool {
	info, err := s.opts.stat(filepath.Join(dir, "cue.mod"))
	return err == nil && info.IsDir()
}

// packageFiles are the names of the CUE files in a directory that count to its
// packages.
func (s *shared) packageFiles(dir string) ([]string, error) {
	if known, ok := s.files.Load(dir); ok {
		return known.([]string), nil
	}
	names, _, err := s.opts.list(dir)
	if err != nil {
		return nil, err
	}
	files := packageFiles(names)
	s.files.Store(dir, files)
	return files, nil
}

func packageFiles(names []string) []string {
	return slices.DeleteFunc(slices.Clone(names), func(n string) bool { return !isPackageFile(n) })
}

// PackageFiles are the names of the CUE files in a directory, the unit's own or
// one above, that count to its packages.
func (u *Unit) PackageFiles(dir string) ([]string, error) {
	if dir == u.Dir && u.listing != nil {
		return packageFiles(u.listing.names), nil
	}
	return u.Options.shared.packageFiles(dir)
}

// ModuleRoot is the nearest directory at or above the unit's that has a
// cue.mod, or "".
func (u *Unit) ModuleRoot() string {
	if u.Has("cue.mod") {
		return u.Dir
	}
	return u.Options.shared.module(filepath.Dir(u.Dir))
}
