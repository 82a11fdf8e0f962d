package load

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// An ObjectSet is what a path names that has Kubernetes objects instead of specs:
// a file, standard input, or the files below a directory.
type ObjectSet struct {
	Dir            string    // absolute: the directory, or that of the file
	Files          []*Unit   // sorted by path
	Kustomizations []string  // absolute: the kustomizations below a directory
	Unread         diag.List // files and directories below a directory that can't be read
}

// FindObjects returns the objects that a path names. It returns nil if the path
// names specs, or nothing; FindUnits then reads it or reports it. A file is one of
// objects if a document has an API group of Knative, Istio or belay. A directory
// has objects if there is no spec in it or below it, and such a file.
func FindObjects(path string, opts Options) *ObjectSet {
	opts.shared = newShared(opts)
	if path == Stdin {
		return oneObjectFile(&Unit{Path: Stdin, Dir: opts.Dir, File: Stdin, Options: opts})
	}
	if _, below := opts.Below(path); below {
		return nil
	}
	abs := opts.Abs(path)
	info, err := opts.stat(abs)
	switch {
	case err != nil:
		return nil
	case !info.IsDir():
		return oneObjectFile(newFile(abs, opts))
	}
	set := &ObjectSet{Dir: abs}
	if set.addBelow(abs, opts) || len(set.Files) == 0 {
		return nil
	}
	slices.SortFunc(set.Files, func(a, b *Unit) int { return strings.Compare(a.Path, b.Path) })
	return set
}

func oneObjectFile(u *Unit) *ObjectSet {
	if u.File != Stdin && u.language == cueLanguage || !u.hasObjects() {
		return nil
	}
	return &ObjectSet{Dir: u.Dir, Files: []*Unit{u}}
}

// addBelow adds the files with objects in a directory and below it, and reports
// whether there is a spec among them.
func (s *ObjectSet) addBelow(dir string, opts Options) (hasSpec bool) {
	names, subdirs, err := opts.list(dir)
	if err != nil {
		s.Unread.Add(opts.Unreadable(dir, err))
		return false
	}
	if slices.ContainsFunc(names, isPackageFile) {
		return true
	}
	for _, name := range names {
		u := newFile(filepath.Join(dir, name), opts)
		if slices.Contains(kustomizationNames, name) {
			s.Kustomizations = append(s.Kustomizations, u.File)
			continue
		}
		if u.language == cueLanguage || strings.HasPrefix(name, ".") {
			continue
		}
		switch _, err := u.Read(u.File); {
		case err != nil:
			s.Unread.Add(opts.Unreadable(u.File, err))
		case u.IsSpec():
			return true
		case u.hasObjects():
			s.Files = append(s.Files, u)
		}
	}
	for _, name := range subdirs {
		if isSkipped(name) {
			continue
		}
		if s.addBelow(filepath.Join(dir, name), opts) {
			return true
		}
	}
	return false
}

// kustomizationNames are the names that kustomize gives a kustomization.
var kustomizationNames = []string{"kustomization.yaml", "kustomization.yml", "Kustomization"}

// isSkipped reports whether belay never looks for input in a directory of that
// name below another one.
func isSkipped(name string) bool {
	return name == "cue.mod" || name == "node_modules" || strings.HasPrefix(name, ".") || strings.HasPrefix(name, "_")
}

// rootAPI matches the API version of an object of Knative or Istio at the top of a
// document that cannot be parsed.
var rootAPI = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^["']?apiVersion["']?\s*:\s*["']?[a-z.]*\.?(knative\.dev|istio\.io)/`)
})

// plainAPI matches an API version as YAML has it and CUE does not: without quotes.
var plainAPI = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)^apiVersion:[ \t]+[a-z0-9.]+(/[a-z0-9]+)?\s*$`)
})

// hasObjects reports whether a document of a file is an object of Knative, Istio
// or belay. If no document can be parsed, the text decides, so that mistakes in a
// file of objects are reported as such. One document of belay's own kinds is not an
// object: it is the configuration of a function.
func (u *Unit) hasObjects() bool {
	data, err := u.Read(u.File)
	if err != nil || !bytes.Contains(data, []byte("apiVersion")) {
		return false
	}
	if u.File == Stdin && guess(data) == cueLanguage && !plainAPI().Match(data) {
		return false
	}
	documents, _ := u.documents(data)
	if len(documents) == 0 {
		return rootAPI().Match(data)
	}
	var objects []*ir.Node
	for _, document := range documents {
		found, _ := objectsIn(document)
		objects = append(objects, found...)
	}
	return slices.ContainsFunc(objects, func(o *ir.Node) bool {
		group := apiGroup(o)
		return isOf(group, "knative.dev") || isOf(group, "istio.io") || isOf(group, ownGroup) && len(objects) > 1
	})
}

// isObjectStream reports whether the first document of a text is a Kubernetes object.
func (u *Unit) isObjectStream(data []byte) bool {
	documents, _ := u.documents(data)
	documents = slices.DeleteFunc(documents, func(d *ir.Node) bool { return d.Kind == schema.Null })
	return len(documents) > 0 && documents[0].Field("apiVersion") != nil && documents[0].Field("kind") != nil
}

// apiGroup returns the API group of an object; "" for Kubernetes' core group and
// for what is not an object.
func apiGroup(o *ir.Node) string {
	version := o.Field("apiVersion")
	if version == nil || o.Field("kind") == nil {
		return ""
	}
	group, _, _ := strings.Cut(version.Text, "/")
	return group
}

func isOf(group, domain string) bool { return group == domain || strings.HasSuffix(group, "."+domain) }

// Objects returns the objects in a file or in standard input: its documents, and
// the items of a List in its place. Empty documents are left out. Scalars that YAML
// 1.1 and 1.2 read in different ways are warnings: other tools wrote them.
func (u *Unit) Objects() (objects []*ir.Node, diags diag.List) {
	contents, diags := u.Contents()
	if diags.HasErrors() {
		return nil, diags
	}
	documents, diags := u.documents(contents[u.File])
	for _, document := range documents {
		found, more := objectsIn(document)
		objects = append(objects, found...)
		diags.Add(more...)
	}
	return objects, diags
}

// documents parses the documents of a file of objects: those before the first
// that cannot be parsed.
func (u *Unit) documents(data []byte) ([]*ir.Node, diag.List) {
	name, lang := u.Options.DisplayPath(u.File), u.language
	if u.File == Stdin {
		name, lang = Stdin, guess(data)
	}
	if diags := notText(name, data); diags.HasErrors() {
		return nil, diags
	}
	if lang != jsonLanguage {
		return parseYAMLDocuments(name, data)
	}
	root, diags := parseJSON(name, data)
	if root == nil {
		return nil, diags
	}
	return []*ir.Node{root}, diags
}

// objectsIn returns the object that a document is, or the items of a List.
func objectsIn(document *ir.Node) ([]*ir.Node, diag.List) {
	if document.Kind == schema.Null {
		return nil, nil
	}
	kind, version := document.Field("kind"), document.Field("apiVersion")
	if kind == nil || version == nil || kind.Kind != schema.String || version.Kind != schema.String {
		return nil, diag.List{document.Errorf(diag.MissingField, "the document is not a Kubernetes object: it lacks apiVersion or kind").
			WithHint("an object begins like: apiVersion: serving.knative.dev/v1, kind: Service")}
	}
	items := document.Field("items")
	if version.Text != "v1" || kind.Text != "List" || items == nil {
		return []*ir.Node{document}, nil
	}
	var objects []*ir.Node
	var diags diag.List
	for _, item := range items.Elements() {
		found, more := objectsIn(item)
		objects = append(objects, found...)
		diags.Add(more...)
	}
	return objects, diags
}

// Header returns the comments at the beginning of a file, which name the specs
// that a rendered file comes from.
func (u *Unit) Header() (lines []string) {
	data, err := u.Read(u.File)
	if err != nil {
		return nil
	}
	for line := range strings.Lines(string(data)) {
		if !strings.HasPrefix(line, "#") {
			break
		}
		lines = append(lines, strings.TrimRight(line, "\r\n"))
	}
	return lines
}
