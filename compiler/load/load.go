// Package load is the first stage: from paths to source trees. It finds the
// units that the user named (CUE packages, single files, standard input), and
// turns each into an ir.Node with the places of its values, or says why that
// can't be done. It reads files, and does not know what the spec's fields mean.
package load

import (
	"bytes"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Stdin is the name of standard input, as an argument and in messages.
const Stdin = "-"

// Options say where input comes from.
type Options struct {
	Dir   string            // the working directory, absolute; paths and messages are relative to it
	Tags  []string          // values for @tag, as "key=value" or "key"
	Files map[string][]byte // contents that stand in for files, by absolute path
	CUE   Language          // reads what is in CUE; nil in a program that takes YAML and JSON alone

	// Modules are the digests of the CUE modules that specs may import from
	// CUE's module cache, by path and version ("corp.example/lib@v0.1.0"), each
	// as Module.Digest has it. A module without one is not read.
	Modules map[string]string

	// Stdin returns standard input: all of it, or what is above the limit in
	// bytes. It is called more than once.
	Stdin func(limit int64) ([]byte, error)

	// FS, if it is not nil, is read instead of the disk: its root is at Dir, and
	// there is nothing outside of it. Files go before it. It has no hidden names
	// behind links, which it follows itself if it does.
	FS fs.FS

	// Root confines the run, if it is not nil: nothing outside this directory
	// is read, whatever paths, links, imports and attributes say.
	Root   *os.Root
	Limits Limits

	shared *shared
}

// Limits bound what a run may take; zero is no bound. Load enforces Input; the
// compiler enforces the others.
type Limits struct {
	Time     time.Duration // CPU time of a run without apps
	PerApp   time.Duration // CPU time that each app adds
	PerMiB   time.Duration // CPU time that each MiB of the units' files adds
	MostTime time.Duration // CPU time that apps and files never raise the limit above, if Time is not more already
	Elapsed  time.Duration // time by the clock

	Memory   int64 // bytes, of heap and stacks
	Input    int64 // bytes, of a file
	Objects  int   // of the manifest
	Output   int64 // bytes that a confined run prints
	Mistakes int   // diagnostics that are listed one by one
}

// A Language reads what is written in one that load does not know itself.
type Language interface {
	Package(*Unit) (*ir.Node, diag.List) // the package in the unit's directory
	// Files reads the unit's files, of one package, by absolute path.
	Files(u *Unit, contents map[string][]byte) (*ir.Node, diag.List)
	PackageName(data []byte) string               // the package that a file belongs to, or ""
	DeclaresSpec(*Unit) bool                      // whether the package's own files can be read, and set a field of the spec
	Tags(*Unit) []Tag                             // the @tag attributes in the package
	Modules(*Unit) (map[string]string, diag.List) // the modules that the unit imports from outside of its own, and their digests
}

// A Tag is an attribute @tag of a field, by which a run gives it a value.
type Tag struct {
	Name   string
	Shorts []string // values that may be given without the name
}

// A Unit is what compiles by itself: a CUE package, a file, or standard input.
type Unit struct {
	Path     string   // as the user knows it: relative to the working directory, with slashes
	Dir      string   // absolute; where the search for a lock begins
	File     string   // absolute, or Stdin; "" for a package
	More     []string // absolute; CUE files of the same package that were named with File
	Package  string   // the name of the package, if the user chose it
	Found    bool     // by "...": not every package there is a spec
	Options  Options
	language language
	listing  *listing
	taken    []string
}

// Has reports whether a file or directory of that name is in the unit's
// directory. A package's has been listed anyway, or is about to be.
func (u *Unit) Has(name string) bool {
	if u.File != "" && u.listing == nil {
		return u.Options.Exists(filepath.Join(u.Dir, name))
	}
	l := u.list()
	return slices.Contains(l.names, name) || slices.Contains(l.subdirs, name)
}

func (u *Unit) isPackage() bool { return slices.ContainsFunc(u.list().names, isCUEFile) }

// Start is the beginning of the unit's file, or of the first of its package.
func (u *Unit) Start() diag.Range {
	file := u.Path
	if u.File == "" {
		i := slices.IndexFunc(u.list().names, u.isOwnFile)
		if i < 0 { // no file is of the package that the user chose
			i = slices.IndexFunc(u.list().names, isPackageFile)
		}
		if i >= 0 {
			file = u.Options.DisplayPath(filepath.Join(u.Dir, u.list().names[i]))
		}
	}
	first := diag.Position{Line: 1, Column: 1}
	return diag.Range{File: file, Start: first, End: first}
}

// isOwnFile reports whether a file of the unit's directory is of its package, if
// the user chose one of several.
func (u *Unit) isOwnFile(name string) bool {
	if !isPackageFile(name) || u.Package == "" || u.Options.CUE == nil {
		return isPackageFile(name)
	}
	data, err := u.Options.read(filepath.Join(u.Dir, name))
	return err != nil || u.Options.CUE.PackageName(data) == u.Package
}

// Tags returns the @tag attributes in the unit's own files.
func (u *Unit) Tags() []Tag {
	if u.Options.CUE == nil {
		return nil
	}
	return u.Options.CUE.Tags(u)
}

// list is what is in the unit's directory; nothing, if it can't be read.
func (u *Unit) list() *listing {
	if u.listing == nil {
		names, subdirs, _ := u.Options.list(u.Dir)
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

// Load reads a unit. It returns nil if there are errors that left nothing to
// check, or if it is no spec.
func (u *Unit) Load() (*ir.Node, diag.List) {
	root, diags := u.load()
	if diags.HasErrors() && u.Options.shared != nil {
		u.Options.shared.failed.Store(true)
	}
	return root, diags
}

func (u *Unit) load() (*ir.Node, diag.List) {
	if u.File == "" {
		return u.loadCUE(func(cue Language) (*ir.Node, diag.List) { return cue.Package(u) })
	}
	contents, diags := u.Contents()
	if diags.HasErrors() {
		return nil, diags
	}
	data := contents[u.File]
	name := u.Options.DisplayPath(u.File)
	lang := u.language
	if u.File == Stdin {
		name, lang = Stdin, guess(data)
	}
	if lang == cueLanguage {
		return u.loadCUE(func(cue Language) (*ir.Node, diag.List) { return cue.Files(u, contents) })
	}
	if diags := notText(name, data); diags.HasErrors() {
		return nil, diags
	}
	parse := parseJSON
	if lang == yamlLanguage {
		parse = parseYAML
	}
	root, diags := parse(name, data)
	if root != nil && !diags.HasErrors() {
		diags.Add(notASpec(root)...)
	}
	return root, diags
}

func (u *Unit) loadCUE(read func(Language) (*ir.Node, diag.List)) (*ir.Node, diag.List) {
	if u.Options.CUE == nil {
		return nil, diag.List{{
			Code: diag.ReadFailed, Severity: diag.Error, At: u.Start(),
			Message: "this is CUE, which the program has been built without",
		}}
	}
	return read(u.Options.CUE)
}

// Source returns the text of a file that a diagnostic of this unit names, or nil.
func (o Options) Source(name string) []byte {
	if name == Stdin {
		data, _ := o.ReadStdin()
		return data
	}
	data, err := o.read(o.Abs(filepath.FromSlash(name)))
	if err != nil {
		return nil
	}
	return data
}

// Contents are what is in the unit's files, by absolute path.
func (u *Unit) Contents() (contents map[string][]byte, diags diag.List) {
	contents = map[string][]byte{}
	for _, path := range append([]string{u.File}, u.More...) {
		data, err := u.Read(path)
		if err != nil {
			diags.Add(u.Options.Unreadable(path, err))
		}
		contents[path] = data
	}
	return contents, diags
}

// Read returns what is in a file, or standard input.
func (u *Unit) Read(abs string) ([]byte, error) {
	if abs == Stdin {
		return u.Options.ReadStdin()
	}
	return u.Options.read(abs)
}

// ReadStdin returns standard input, if it is no larger than a file may be.
func (o Options) ReadStdin() ([]byte, error) {
	if o.Stdin == nil {
		return nil, errors.New("no standard input")
	}
	limit := o.inputLimit()
	data, err := o.Stdin(limit)
	if int64(len(data)) > limit {
		return nil, tooLarge(limit)
	}
	return data, err
}

// Abs is a path as the user gives it, absolute.
func (o Options) Abs(path string) string {
	if filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(o.Dir, path)
}

// DisplayPath is the name of a file in messages: relative to the working directory,
// with slashes.
func (o Options) DisplayPath(abs string) string {
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
	if group, _, _ := strings.Cut(root.Field("apiVersion").Text, "/"); group == ownGroup {
		return diag.List{kind.Errorf(diag.NotASpec, "the kind %s of %s is for kustomize, which runs belay as a function; it is not a spec", kind.Text, ownGroup).
			WithHint("list the file under generators of a kustomization; or write it as a spec, such as apps: web: image: \"registry.example.com/web:v1\"")}
	}
	return diag.List{kind.Errorf(diag.NotASpec, "a Kubernetes %s is not a spec", kind.Text).
		WithHint("a spec has the app's fields under apps, by the app's name; see: belay explain apps")}
}

// IsSpec reports whether a value has what makes a package worth compiling.
func IsSpec(root *ir.Node) bool {
	return root != nil && root.Kind == schema.Struct && slices.ContainsFunc(root.Children, func(c *ir.Node) bool {
		return IsSpecField(c.Name)
	})
}

// IsSpecField reports whether a top-level field of that name makes a spec.
func IsSpecField(name string) bool {
	return slices.Contains([]string{"apps", "platform", "namespaces"}, name)
}

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
		return nil, diag.List{opts.Unreadable(path, err)}
	}
	if diags := notText(opts.DisplayPath(path), data); diags.HasErrors() {
		return nil, diags
	}
	return parseYAML(opts.DisplayPath(path), data)
}
