// Package render is the last two stages: emit turns the objects of a manifest
// into the bytes of a stream or of files, and write puts files into a
// directory, or says how the directory differs. Emit is pure; what it returns
// is final.
//
// The package is not part of belay's promised API: that is package belay, at the
// root of the module.
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
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
)

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

// Stream is objects as one YAML stream, in their order.
func Stream(objects []ir.Object) []byte {
	return bytes.Join(encode(objects), []byte("---\n"))
}

// Bundle is a manifest as files: one per app, one per Namespace, and a
// kustomization that lists them; each of two clusters in a directory of its own.
func Bundle(m ir.Bundle, clusters ...ir.Cluster) []File {
	var files []File
	encoded := encode(m.Objects)
	for _, cluster := range clusters {
		files = append(files, clusterFiles(m, encoded, cluster)...)
	}
	slices.SortFunc(files, func(a, b File) int { return cmp.Compare(a.Path, b.Path) })
	return files
}

func clusterFiles(m ir.Bundle, encoded [][]byte, cluster ir.Cluster) []File {
	dir := path.Join(m.Target, string(cluster))
	contents := map[ir.FileKey]*fileContents{}
	for i, o := range m.Objects {
		if cluster.Has(o) {
			if contents[o.FileKey] == nil {
				contents[o.FileKey] = &fileContents{}
			}
			contents[o.FileKey].add(o, encoded[i])
		}
	}
	remote := m.Remote
	if cluster == ir.Mesh {
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
func IsStep(name string) bool { return stepName().MatchString(path.Base(name)) }

var stepName = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^\d+-.*\.yaml$`) })

// encode turns objects into YAML documents, as many at a time as there are
// processors.
func encode(objects []ir.Object) [][]byte {
	out := make([][]byte, len(objects))
	var workers errgroup.Group
	workers.SetLimit(runtime.GOMAXPROCS(0))
	var panics fault.Panics
	for i, o := range objects {
		workers.Go(func() error {
			defer panics.Keep()
			out[i] = Document(o)
			return nil
		})
	}
	_ = workers.Wait() // Document has no error to return
	panics.Repanic()
	return out
}
