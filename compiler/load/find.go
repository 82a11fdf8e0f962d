package load

import (
	"cmp"
	"fmt"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
)

// FindUnits returns the units that paths name, sorted and each once. A path is a
// file, a directory (the CUE package in it), or ends in "/..." for every CUE
// package below that has a spec; ":name" after either chooses the package of
// that name. CUE files of one directory and package are one unit. The error is
// about a path as such.
func FindUnits(paths []string, opts Options) ([]*Unit, error) {
	opts.shared = newShared(opts)
	var units []*Unit
	for _, path := range paths {
		found, err := find(path, opts)
		if err != nil {
			return nil, err
		}
		units = append(units, found...)
	}
	slices.SortFunc(units, func(a, b *Unit) int { return strings.Compare(a.Path, b.Path) })
	units = slices.CompactFunc(units, func(a, b *Unit) bool { return a.Path == b.Path })
	return together(withoutParts(units)), nil
}

// together makes one unit of the CUE files of a directory and package.
func together(units []*Unit) (out []*Unit) {
	type key struct{ dir, name string }
	first := map[key]*Unit{}
	for _, u := range units {
		if u.File == "" || u.File == Stdin || u.language != cueLanguage || u.Options.CUE == nil {
			out = append(out, u)
			continue
		}
		data, _ := u.Read(u.File) // what can't be read is reported when it is loaded
		k := key{u.Dir, u.Options.CUE.PackageName(data)}
		if other := first[k]; other != nil {
			other.More = append(other.More, u.File)
			continue
		}
		first[k] = u
		out = append(out, u)
	}
	return out
}

// withoutParts drops the CUE files whose package is named as well.
func withoutParts(units []*Unit) []*Unit {
	packages := map[string]bool{}
	for _, u := range units {
		if u.File == "" && u.Package == "" {
			packages[u.Dir] = true
		}
	}
	return slices.DeleteFunc(units, func(u *Unit) bool {
		return u.File != "" && u.File != Stdin && u.language == cueLanguage && packages[u.Dir]
	})
}

func find(path string, opts Options) ([]*Unit, error) {
	if path == Stdin {
		return []*Unit{{Path: Stdin, Dir: opts.Dir, File: Stdin, Options: opts}}, nil
	}
	dir, name := opts.splitPackage(path)
	units, err := findIn(dir, opts)
	for _, u := range units {
		switch {
		case name != "" && u.File != "":
			return nil, fmt.Errorf("%s: a package is chosen in a directory, as in %s:%s", path, u.Options.DisplayPath(u.Dir), name)
		case name != "":
			u.choose(name)
		}
	}
	return units, err
}

// splitPackage splits a path of the form "directory:package". A colon may be
// part of a name as well.
func (o Options) splitPackage(path string) (dir, name string) {
	dir, name, found := cutLast(path, ":")
	if !found || !packageName().MatchString(name) || o.Exists(o.Abs(path)) {
		return path, ""
	}
	return cmp.Or(dir, "."), name
}

// packageName matches what CUE takes for the name of a package.
var packageName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[\pL_$][\pL\pN_$]*$`) })

func cutLast(text, sep string) (before, after string, found bool) {
	if i := strings.LastIndex(text, sep); i >= 0 {
		return text[:i], text[i+len(sep):], true
	}
	return text, "", false
}

// choose makes the unit the package of that name in its directory.
func (u *Unit) choose(name string) {
	u.Package = name
	u.Path += ":" + name
}

func findIn(path string, opts Options) ([]*Unit, error) {
	if dir, ok := opts.Below(path); ok {
		return findBelow(dir, opts)
	}
	abs := opts.Abs(path)
	if _, ok := opts.Files[abs]; ok {
		return []*Unit{newFile(abs, opts)}, nil
	}
	info, err := opts.stat(abs)
	if err != nil {
		return nil, fmt.Errorf("%s: %w", path, rootCause(err))
	}
	if !info.IsDir() {
		return []*Unit{newFile(abs, opts)}, nil
	}
	u := newPackage(abs, opts)
	if u.isPackage() {
		return []*Unit{u}, nil
	}
	if name, kind := ownObject(abs, opts); name != "" {
		return nil, fmt.Errorf("%s has no CUE package; %s in it has the kind %s of %s, which kustomize runs: list it in a kustomization, an App under generators", path, name, kind, ownGroup)
	}
	return nil, fmt.Errorf("%s has no CUE package; name a file, a directory with CUE files, or %s", path, filepath.ToSlash(filepath.Join(path, "...")))
}

// Below reports whether a path ends in "/...", which names what is below a
// directory, and returns the directory.
func (o Options) Below(path string) (dir string, ok bool) {
	below, ok := strings.CutSuffix(filepath.ToSlash(path), "...")
	if !ok || below != "" && !strings.HasSuffix(below, "/") {
		return "", false
	}
	return o.Abs(filepath.FromSlash(below)), true
}

// HasInput reports whether there is a file at a path, or a directory with a CUE
// package.
func (o Options) HasInput(abs string) bool {
	info, err := o.stat(abs)
	if err != nil || !info.IsDir() {
		return err == nil
	}
	names, _, _ := o.list(abs)
	return slices.ContainsFunc(names, isPackageFile)
}

func newPackage(dir string, opts Options) *Unit {
	return &Unit{Path: opts.DisplayPath(dir), Dir: dir, Options: opts}
}

func newFile(abs string, opts Options) *Unit {
	u := &Unit{Path: opts.DisplayPath(abs), Dir: filepath.Dir(abs), File: abs, Options: opts}
	switch filepath.Ext(abs) {
	case ".yaml", ".yml":
		u.language = yamlLanguage
	case ".json":
		u.language = jsonLanguage
	}
	return u
}

// findBelow lists the directories with CUE files, as "cue" does: without
// hidden ones, those that start with '_', cue.mod, and other modules.
func findBelow(root string, opts Options) (units []*Unit, err error) {
	var visit func(dir string) error
	visit = func(dir string) error {
		names, subdirs, err := opts.list(dir)
		if err != nil {
			return fmt.Errorf("%s: %w", opts.DisplayPath(dir), rootCause(err))
		}
		if dir != root && slices.Contains(subdirs, "cue.mod") {
			return nil
		}
		if slices.ContainsFunc(names, isPackageFile) {
			u := newPackage(dir, opts)
			u.Found = true
			u.listing = &listing{names, subdirs}
			units = append(units, u)
		}
		for _, name := range subdirs {
			if name == "cue.mod" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_") {
				continue
			}
			if err := visit(filepath.Join(dir, name)); err != nil {
				return err
			}
		}
		return nil
	}
	err = visit(root)
	return units, err
}

// isPackageFile reports whether CUE counts a file of that name to the package
// in its directory.
func isPackageFile(name string) bool {
	return isCUEFile(name) && !strings.HasSuffix(name, "_test.cue") && !strings.HasSuffix(name, "_tool.cue")
}

// CountsToPackage reports whether a file of that name may be part of the value
// of a package.
func CountsToPackage(name string) bool { return isPackageFile(name) }

// isCUEFile reports whether CUE looks at a file of that name in a directory at
// all. Those for tests and tools belong to a package, but not to its value.
func isCUEFile(name string) bool {
	return strings.HasSuffix(name, ".cue") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_")
}

// CUEFiles are the CUE files that paths name, absolute, sorted and each once: a
// file, those of a directory, or those of all directories below.
func CUEFiles(paths []string, opts Options) (files []string, err error) {
	opts.shared = newShared(opts)
	for _, path := range paths {
		below, deep := strings.CutSuffix(filepath.ToSlash(path), "...")
		abs := opts.Abs(filepath.FromSlash(below))
		info, err := opts.stat(abs)
		if err != nil {
			return nil, rootCause(err)
		}
		dirs := []string{abs}
		switch {
		case !info.IsDir():
			files = append(files, abs)
			continue
		case deep:
			units, err := findBelow(abs, opts)
			if err != nil {
				return nil, err
			}
			dirs = nil
			for _, u := range units {
				dirs = append(dirs, u.Dir)
			}
		}
		for _, dir := range dirs {
			names, _, err := opts.list(dir)
			if err != nil {
				return nil, rootCause(err)
			}
			for _, name := range names {
				if strings.HasSuffix(name, ".cue") {
					files = append(files, filepath.Join(dir, name))
				}
			}
		}
	}
	slices.Sort(files)
	return slices.Compact(files), nil
}
