package load

import (
	"bytes"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// DataFiles returns the YAML and JSON files of a directory, sorted.
func DataFiles(dir string, opts Options) (files []*Unit) {
	opts.shared = newShared(opts)
	names, _, err := opts.list(dir)
	if err != nil {
		return nil
	}
	for _, name := range names {
		if slices.Contains([]string{".yaml", ".yml", ".json"}, filepath.Ext(name)) {
			files = append(files, newFile(filepath.Join(dir, name), opts))
		}
	}
	return files
}

// SpecFiles returns the YAML and JSON files of a directory that are specs, as
// absolute paths, sorted.
func SpecFiles(dir string, opts Options) (files []string) {
	for _, u := range DataFiles(dir, opts) {
		if u.IsSpec() {
			files = append(files, u.File)
		}
	}
	return files
}

// IsSpec reports whether a YAML or JSON file is a spec: it has a field that makes
// a spec, and no other field than a spec has. A file that sets such a field and
// can't be read is one too, so that its mistakes are reported, unless it begins with a
// Kubernetes object: several documents are usual there.
func (u *Unit) IsSpec() bool {
	data, err := u.Read(u.File)
	if err != nil || !specField().Match(data) {
		return false
	}
	root, diags := u.Load()
	if root == nil || diags.HasErrors() && root.Kind != schema.Struct {
		return !u.isObjectStream(data)
	}
	return IsSpec(root) && !slices.ContainsFunc(root.Children, func(c *ir.Node) bool {
		return schema.Document.Field(c.Name) == nil || IsSpecField(c.Name) && c.Kind != schema.Struct
	})
}

// specField matches a top-level field that makes a spec, in a block of YAML, in
// braces on a line, or in JSON.
var specField = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`(?m)(^|[{,])\s*"?(apps|platform|namespaces)"?\s*:`)
})

// HasPackage reports whether a directory has a file of a CUE package.
func HasPackage(dir string, opts Options) bool {
	names, _, err := opts.list(dir)
	return err == nil && slices.ContainsFunc(names, isPackageFile)
}

// ownGroup is the API group of the objects that configure belay as a function.
const ownGroup = "belay.sh"

// ownObject returns the first file of a directory with an object of belay's own
// API, and the object's kind; "" if there is none.
func ownObject(dir string, opts Options) (name, kind string) {
	names, _, err := opts.list(dir)
	if err != nil {
		return "", ""
	}
	for _, name := range names {
		path := filepath.Join(dir, name)
		data, err := opts.read(path)
		if ext := filepath.Ext(name); ext != ".yaml" && ext != ".yml" || err != nil || !bytes.Contains(data, []byte(ownGroup+"/")) {
			continue
		}
		root, _ := parseYAML(name, data)
		if root == nil || root.Kind != schema.Struct || root.Field("kind") == nil || root.Field("apiVersion") == nil {
			continue
		}
		if strings.HasPrefix(root.Field("apiVersion").Text, ownGroup+"/") {
			return name, root.Field("kind").Text
		}
	}
	return "", ""
}

// SpecFilesBelow returns the YAML and JSON files below a directory that are
// specs, or documents of belay's own kinds: absolute, sorted by directory.
func SpecFilesBelow(dir string, opts Options) (files []string) {
	names, subdirs, err := opts.list(dir)
	if err != nil {
		return nil
	}
	files = SpecFiles(dir, opts)
	for _, name := range names {
		path := filepath.Join(dir, name)
		if slices.Contains([]string{".yaml", ".yml"}, filepath.Ext(name)) && !slices.Contains(files, path) {
			if data, err := opts.read(path); err == nil && ownKind().Match(data) {
				files = append(files, path)
			}
		}
	}
	for _, name := range subdirs {
		if name != "cue.mod" && name != "node_modules" && !strings.HasPrefix(name, ".") && !strings.HasPrefix(name, "_") {
			files = append(files, SpecFilesBelow(filepath.Join(dir, name), opts)...)
		}
	}
	return files
}

// ownKind matches the API version of belay's own kinds, as in a kustomization's
// generators.
var ownKind = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`(?m)^apiVersion:\s*["']?belay\.sh/`) })
