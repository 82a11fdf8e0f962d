// Package load is the first stage: from paths to source trees. It finds the
// units that the user named (CUE packages, single files, standard input), and
// turns each into an ir.Node with the places of its values, or says why that
// can't be done. It reads files, and does not know what the spec's fields mean.
package load

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/schema"
)

// Stdin is the name of standard input, as an argument and in messages.
const Stdin = "-"

// Options say where input comes from.
type Options struct {
	Dir   string                 // the working directory, absolute; paths and messages are relative to it
	Tags  []string               // values for @tag, as "key=value" or "key"
	Stdin func() ([]byte, error) // standard input; called more than once
	Files map[string][]byte      // contents that stand in for files, by absolute path

	// Root confines the run, if it is not nil: nothing outside this directory
	// is read, whatever paths, links, imports and attributes say.
	Root   *os.Root
	Limits Limits

	shared *shared
}

// Limits bound what a run may take; zero is no bound. Load holds to Input; the
// others are the compiler's to hold to.
type Limits struct {
	Time    time.Duration // for every hundred units
	Memory  int64         // bytes, of heap and stacks
	Input   int64         // bytes, of a file
	Objects int           // of the manifest
}

// A Unit is what compiles by itself: a CUE package, a file, or standard input.
type Unit struct {
	Path     string // as the user knows it: relative to the working directory, with slashes
	Dir      string // absolute; where the search for a lock begins
	language language
	file     string // absolute, or Stdin; "" for a package
	found    bool   // by "...": not every package there is a spec
	listing  *listing
	opts     Options
}

// Has reports whether a file or directory of that name is in the unit's
// directory.
func (u *Unit) Has(name string) bool {
	l := u.list()
	return slices.Contains(l.names, name) || slices.Contains(l.subdirs, name)
}

func (u *Unit) isPackage() bool { return slices.ContainsFunc(u.list().names, isPackageFile) }

// Start is the beginning of the unit's file, or of the first of its package.
func (u *Unit) Start() diag.Range {
	file := u.Path
	if i := slices.IndexFunc(u.list().names, isPackageFile); u.file == "" && i >= 0 {
		file = u.opts.Rel(filepath.Join(u.Dir, u.list().names[i]))
	}
	first := diag.Position{Line: 1, Column: 1}
	return diag.Range{File: file, Start: first, End: first}
}

// list is what is in the unit's directory; nothing, if it can't be read.
func (u *Unit) list() *listing {
	if u.listing == nil {
		names, subdirs, _ := u.opts.list(u.Dir)
		u.listing = &listing{names, subdirs}
	}
	return u.listing
}

// listing is what is in a directory.
type listing struct {
	names   []string // regular files and links, sorted
	subdirs []string // sorted
}

type language int

const (
	cueLanguage language = iota
	yamlLanguage
	jsonLanguage
)

// A Document is a loaded unit.
type Document struct {
	Unit *Unit
	Root *ir.Node // nil if there are errors that left nothing to check, or if it is no spec
}

// Find returns the units that paths name, sorted and each once. A path is a
// file, a directory (the CUE package in it), or ends in "/..." for every CUE
// package below that has a spec. The error is about a path as such.
func Find(paths []string, opts Options) ([]*Unit, error) {
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
	return withoutParts(units), nil
}

// withoutParts drops the CUE files whose package is named as well.
func withoutParts(units []*Unit) []*Unit {
	packages := map[string]bool{}
	for _, u := range units {
		if u.file == "" {
			packages[u.Dir] = true
		}
	}
	return slices.DeleteFunc(units, func(u *Unit) bool {
		return u.file != "" && u.file != Stdin && u.language == cueLanguage && packages[u.Dir]
	})
}

func find(path string, opts Options) ([]*Unit, error) {
	if path == Stdin {
		return []*Unit{{Path: Stdin, Dir: opts.Dir, file: Stdin, opts: opts}}, nil
	}
	if below, ok := strings.CutSuffix(filepath.ToSlash(path), "..."); ok && (below == "" || strings.HasSuffix(below, "/")) {
		return findBelow(opts.abs(filepath.FromSlash(below)), opts)
	}
	abs := opts.abs(path)
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
	if !u.isPackage() {
		return nil, fmt.Errorf("%s has no CUE package; name a file, a directory with CUE files, or %s", path, filepath.ToSlash(filepath.Join(path, "...")))
	}
	return []*Unit{u}, nil
}

func newPackage(dir string, opts Options) *Unit {
	return &Unit{Path: opts.Rel(dir), Dir: dir, opts: opts}
}

func newFile(abs string, opts Options) *Unit {
	u := &Unit{Path: opts.Rel(abs), Dir: filepath.Dir(abs), file: abs, opts: opts}
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
			return fmt.Errorf("%s: %w", opts.Rel(dir), rootCause(err))
		}
		if dir != root && slices.Contains(subdirs, "cue.mod") {
			return nil
		}
		if slices.ContainsFunc(names, isPackageFile) {
			u := newPackage(dir, opts)
			u.found = true
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
	return strings.HasSuffix(name, ".cue") && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_") &&
		!strings.HasSuffix(name, "_test.cue") && !strings.HasSuffix(name, "_tool.cue")
}

// Load reads a unit.
func (u *Unit) Load() (Document, diag.List) {
	doc := Document{Unit: u}
	if u.file == "" {
		return u.loadPackage()
	}
	data, err := u.read(u.file)
	if err != nil {
		return doc, diag.List{u.opts.unreadable(u.file, err)}
	}
	name := u.opts.Rel(u.file)
	lang := u.language
	if u.file == Stdin {
		name, lang = Stdin, guess(data)
	}
	if lang == cueLanguage {
		return u.loadCUEFile(data)
	}
	diags := notText(name, data)
	if diags.HasErrors() {
		return doc, diags
	}
	if lang == yamlLanguage {
		doc.Root, diags = parseYAML(name, data)
	} else {
		doc.Root, diags = parseJSON(name, data)
	}
	if doc.Root != nil && !diags.HasErrors() {
		diags.Add(notASpec(doc.Root)...)
	}
	return doc, diags
}

// Source returns the text of a file that a diagnostic of this unit names, or nil.
func (o Options) Source(name string) []byte {
	if name == Stdin {
		data, _ := o.readStdin()
		return data
	}
	data, err := o.read(o.abs(filepath.FromSlash(name)))
	if err != nil {
		return nil
	}
	return data
}

func (u *Unit) read(abs string) ([]byte, error) {
	if abs == Stdin {
		return u.opts.readStdin()
	}
	return u.opts.read(abs)
}

func (o Options) readStdin() ([]byte, error) {
	if o.Stdin == nil {
		return nil, errors.New("no standard input")
	}
	data, err := o.Stdin()
	if limit := o.Limits.Input; limit > 0 && int64(len(data)) > limit {
		return nil, tooLarge(limit)
	}
	return data, err
}

func (o Options) abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(o.Dir, path)
}

// Rel is the name of a file in messages: relative to the working directory,
// with slashes.
func (o Options) Rel(abs string) string {
	rel, err := filepath.Rel(o.Dir, abs)
	if err != nil {
		return filepath.ToSlash(abs)
	}
	return filepath.ToSlash(rel)
}

// guess tells the language of standard input by its looks: JSON starts with a
// bracket and parses; YAML has lines that end in a colon or start with a dash,
// which CUE has not.
func guess(data []byte) language {
	trimmed := bytes.TrimSpace(data)
	if len(trimmed) > 0 && (trimmed[0] == '{' || trimmed[0] == '[') && isJSON(trimmed) {
		return jsonLanguage
	}
	for line := range bytes.Lines(data) {
		line = bytes.TrimSpace(line)
		if bytes.HasPrefix(line, []byte("#")) || bytes.HasPrefix(line, []byte("//")) {
			continue
		}
		if bytes.HasSuffix(line, []byte(":")) || bytes.HasPrefix(line, []byte("- ")) || bytes.HasPrefix(line, []byte("---")) {
			return yamlLanguage
		}
	}
	return cueLanguage
}

// notASpec tells a Kubernetes object that was given as a spec.
func notASpec(root *ir.Node) diag.List {
	kind := root.Field("kind")
	if kind == nil || root.Field("apiVersion") == nil || root.Field("apps") != nil {
		return nil
	}
	return diag.List{kind.Errorf(diag.NotASpec, "a Kubernetes %s is not a spec", kind.Text).
		WithHint("a spec has the app's fields under apps, by the app's name; belay explain apps lists them")}
}

// isSpec reports whether a value has what makes a package worth compiling.
func isSpec(root *ir.Node) bool {
	return root != nil && root.Kind == schema.Struct && slices.ContainsFunc(root.Children, func(c *ir.Node) bool {
		return slices.Contains(specFields, c.Name)
	})
}

var specFields = []string{"apps", "platform", "namespaces"}

// rootCause strips the path that os errors repeat.
func rootCause(err error) error {
	var pe *fs.PathError
	if errors.As(err, &pe) {
		return pe.Err
	}
	return err
}

// YAML reads a YAML file that is not a spec, such as a lock. It returns nil
// for a file that is not there.
func YAML(path string, opts Options) (*ir.Node, diag.List) {
	data, err := opts.read(path)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, nil
	}
	if err != nil {
		return nil, diag.List{opts.unreadable(path, err)}
	}
	if diags := notText(opts.Rel(path), data); diags.HasErrors() {
		return nil, diags
	}
	return parseYAML(opts.Rel(path), data)
}
