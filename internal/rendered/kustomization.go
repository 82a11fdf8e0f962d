package rendered

import (
	"fmt"
	"path/filepath"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// A ChangedError is the error of a directory whose kustomization changes the
// objects in its files, so that these are not what is applied.
type ChangedError struct {
	File  string // the kustomization, as messages name it
	Field string // the first field that changes objects
	Dir   string // its directory
}

func (e *ChangedError) Error() string {
	return fmt.Sprintf("%s has the field %s, which changes the objects in the files; run: kustomize build %s | belay vet -", e.File, e.Field, e.Dir)
}

// An UnreadError is the error of a directory whose kustomization lists a resource
// that is not among the files that were read, so that these are not all that is
// applied.
type UnreadError struct {
	File     string // the kustomization, as messages name it
	Resource string // as the kustomization has it
	Dir      string // its directory
}

func (e *UnreadError) Error() string {
	return fmt.Sprintf("%s lists %s, which is not one of the YAML or JSON files that belay reads in the directory; run: kustomize build %s | belay vet -", e.File, e.Resource, e.Dir)
}

// resourceFields are the fields of a kustomization that list files and directories.
var resourceFields = []string{"resources", "bases"}

// keepingFields are the other fields of a kustomization that leave the objects in
// its files as they are.
var keepingFields = []string{"apiVersion", "kind", "metadata", "configurations", "crds", "openapi", "sortOptions"}

// checkKustomizations reports what keeps kustomize from reading the kustomizations of
// a set. The error is a ChangedError or an UnreadError, for the first kustomization
// that makes other objects than those in the files of the set.
func checkKustomizations(set *load.ObjectSet, opts compiler.Options) (diags diag.List, err error) {
	var links []link
	for _, path := range set.Kustomizations {
		root, found := load.YAML(path, opts.Options)
		for _, f := range root.Fields() {
			if !slices.Contains(keepingFields, f.Name) && !slices.Contains(resourceFields, f.Name) {
				return nil, &ChangedError{opts.DisplayPath(path), f.Name, opts.DisplayPath(filepath.Dir(path))}
			}
		}
		diags.Add(found...)
		if found.HasErrors() {
			continue
		}
		if root.Kind != schema.Struct && root.Kind != schema.Null {
			diags.Add(root.Errorf(diag.WrongType, "a kustomization is a map; for example: resources: [web.yaml]"))
		}
		for _, entry := range listedResources(root, &diags) {
			l, err := resolve(set, path, entry, opts, &diags)
			if err != nil {
				return nil, err
			}
			links = append(links, l...)
		}
	}
	return append(diags, cycle(links)...), nil
}

// listedResources returns the files and directories that a kustomization lists, and
// reports what is not a list of them.
func listedResources(root *ir.Node, diags *diag.List) (entries []*ir.Node) {
	for _, name := range resourceFields {
		list := root.Field(name)
		if list == nil || list.Kind == schema.Null {
			continue
		}
		if list.Kind != schema.List {
			diags.Add(list.Errorf(diag.WrongType, "%s is not a list; for example: %s: [web.yaml]", name, name))
			continue
		}
		for _, entry := range list.Elements() {
			if entry.Kind != schema.String {
				diags.Add(entry.Errorf(diag.WrongType, "a resource is the path of a file or directory; for example: web.yaml"))
				continue
			}
			entries = append(entries, entry)
		}
	}
	return entries
}

// A link leads from the directory of a kustomization to one that it lists.
type link struct {
	from, to string
	entry    *ir.Node
}

// resolve returns the link that an entry of a kustomization is, if it is a directory.
// It reports an entry that is not there. The error is about one that was not read.
func resolve(set *load.ObjectSet, path string, entry *ir.Node, opts compiler.Options, diags *diag.List) ([]link, error) {
	dir := filepath.Dir(path)
	target := filepath.Join(dir, filepath.FromSlash(entry.Text))
	unread := &UnreadError{opts.DisplayPath(path), entry.Text, opts.DisplayPath(dir)}
	switch {
	case slices.Contains(set.Read, target) && !filepath.IsAbs(entry.Text):
		return nil, nil
	case slices.ContainsFunc(set.Kustomizations, func(k string) bool { return filepath.Dir(k) == target }):
		return []link{{dir, target, entry}}, nil
	case filepath.IsAbs(entry.Text) || !within(target, set.Dir) || strings.ContainsAny(entry.Text, ":?@") || opts.Exists(target):
		return nil, unread
	}
	diags.Add(entry.Errorf(diag.ReadFailed, "there is no file or directory %s", opts.DisplayPath(target)))
	return nil, nil
}

// cycle reports the first link of kustomizations that list each other.
func cycle(links []link) diag.List {
	for _, l := range links {
		reached := []string{l.to}
		for i := 0; i < len(reached); i++ {
			for _, next := range links {
				if next.from == reached[i] && !slices.Contains(reached, next.to) {
					reached = append(reached, next.to)
				}
			}
		}
		if slices.Contains(reached, l.from) {
			return diag.List{l.entry.Errorf(diag.ReadFailed, "the kustomization in %s lists this one again, directly or by another; kustomize reports a cycle", l.entry.Text)}
		}
	}
	return nil
}
