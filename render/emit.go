// Package render is the last two stages: emit turns the objects of a manifest
// into the bytes of a stream or of files, and write puts files into a
// directory, or says how the directory differs. Emit is pure; what it returns
// is final.
package render

import (
	"bytes"
	"cmp"
	"fmt"
	"path"
	"regexp"
	"runtime"
	"slices"
	"strconv"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
)

// Side is one of the clusters of a bundle.
type Side string

// The sides. A bundle for one cluster has only Whole.
const (
	Whole     Side = ""
	Dataplane Side = "dataplane"
	Mesh      Side = "mesh"
)

// Has reports whether an object belongs to a side.
func (s Side) Has(o ir.Object) bool {
	return s == Whole || o.Both || o.Mesh == (s == Mesh)
}

// File is a file of a bundle.
type File struct {
	Path   string // relative, with slashes
	Owners []string
	Shared bool   // several specs may emit it alike
	Target string // name of the target
	Home   ir.FileKey
	Data   []byte // with the header that names the owners

	kustomization *kustomization
}

// Stream is a manifest as one YAML stream, in the manifest's order.
func Stream(m ir.Bundle, side Side) []byte {
	return bytes.Join(encode(side.Objects(m)), []byte("---\n"))
}

// Objects are those of a manifest that belong to a side, in order.
func (s Side) Objects(m ir.Bundle) (objects []ir.Object) {
	for _, o := range m.Objects {
		if s.Has(o) {
			objects = append(objects, o)
		}
	}
	return objects
}

// Bundle is a manifest as files: one per app, one per Namespace, and a
// kustomization that lists them; each side but Whole in a directory of its own.
func Bundle(m ir.Bundle, sides ...Side) []File {
	var files []File
	encoded := encode(m.Objects)
	for _, side := range sides {
		files = append(files, sideFiles(m, encoded, side)...)
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return files
}

func sideFiles(m ir.Bundle, encoded [][]byte, side Side) []File {
	dir := path.Join(m.Target, string(side))
	contents := map[ir.FileKey]*fileContents{}
	for i, o := range m.Objects {
		if side.Has(o) {
			if contents[o.FileKey] == nil {
				contents[o.FileKey] = &fileContents{}
			}
			contents[o.FileKey].add(o, encoded[i])
		}
	}
	remote := m.Remote
	if side == Mesh {
		remote = nil
	}
	var files []File
	var names []string
	for home, c := range contents {
		names = append(names, home.File())
		files = append(files, c.file(path.Join(dir, home.File()), m.Target, home))
	}
	slices.Sort(names)
	return append(files, newKustomization(names, remote).file(dir))
}

// fileContents are the objects of a file.
type fileContents struct {
	documents [][]byte
	owners    []string
}

func (c *fileContents) add(o ir.Object, document []byte) {
	c.documents = append(c.documents, document)
	if !slices.Equal(c.owners, o.Owners) {
		c.owners = append(slices.Clip(c.owners), o.Owners...)
	}
}

func (c *fileContents) file(name, target string, home ir.FileKey) File {
	owners := bundle.Union(c.owners, nil)
	return File{
		Path: name, Owners: owners, Shared: home.App == "", Target: target, Home: home,
		Data: withHeader(owners, bytes.Join(c.documents, []byte("---\n"))),
	}
}

// SharedFile is a file of objects that no kustomization lists.
func SharedFile(path string, objects []ir.Object) File {
	c := &fileContents{}
	for i, document := range encode(objects) {
		c.add(objects[i], document)
	}
	return c.file(path, "", ir.FileKey{})
}

// Steps is a manifest as files to apply one after the other, one per object, in
// the manifest's order. No kustomization can list them: objects repeat.
func Steps(m ir.Bundle) []File {
	var files []File
	digits := len(strconv.Itoa(len(m.Objects)))
	for i, document := range encode(m.Objects) {
		o := m.Objects[i]
		name := fmt.Sprintf("%0*d-%s-%s.yaml", digits, i+1, o.Namespace, o.Name)
		c := fileContents{[][]byte{document}, o.Owners}
		files = append(files, c.file(path.Join(m.Target, name), m.Target, o.FileKey))
	}
	return files
}

// IsStep reports whether the name of a file is one that Steps gives.
func IsStep(name string) bool { return stepName.MatchString(path.Base(name)) }

var stepName = regexp.MustCompile(`^\d+-.*\.yaml$`)

// encode turns objects into YAML documents, as many at a time as there are
// processors.
func encode(objects []ir.Object) [][]byte {
	out := make([][]byte, len(objects))
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	for i, o := range objects {
		workers.Go(func() error {
			defer fault.Exit()
			out[i] = Document(o)
			return nil
		})
	}
	_ = workers.Wait() // Document has no error to return
	return out
}
