package bundle

import (
	"fmt"
	"reflect"
	"strings"
	"unicode"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// A Declaration is the target of a spec as its field target gives it, with the
// places of its values.
type Declaration struct {
	target target.Target
	places map[string]place // of values, by path below target; of the field target itself by ""
	start  place            // of the spec's first field
	argoCD place            // of the field argocd
	empty  bool             // the spec has nothing that a bundle could hold
}

// A place is where a value is written, and its path in the spec.
type place struct {
	at   diag.Range
	path string
}

// Declare returns the declaration of a checked spec.
func Declare(c *ir.Checked) Declaration {
	d := Declaration{target: c.Declared, empty: true}
	if c.Node.Kind != schema.Struct {
		return d
	}
	for _, field := range c.Node.Children {
		here := place{field.Key, field.Path()}
		d.empty = d.empty && (field.Name == "target" || len(field.Children) == 0)
		if d.start.path == "" {
			d.start = here
		}
		switch field.Name {
		case "target":
			d.places = map[string]place{"": here}
			d.addPlaces(field, "")
		case "argocd":
			d.argoCD = here
		}
	}
	return d
}

// addPlaces notes the places of the values below a node.
func (d *Declaration) addPlaces(n *ir.Node, path string) {
	for _, c := range n.Children {
		field := below(path, c.Name)
		d.places[field] = place{c.At, c.Path()}
		d.addPlaces(c, field)
	}
}

// Name is the name of the target; "" if it has none.
func (d Declaration) Name() string { return d.target.Name }

// place returns where the value at a path below target is written, or where
// the nearest thing above it is that the spec has.
func (d Declaration) place(path string) place {
	for ; path != ""; path = path[:max(0, strings.LastIndexByte(path, '.'))] {
		if p, ok := d.places[path]; ok {
			return p
		}
	}
	if p, ok := d.places[""]; ok {
		return p
	}
	return d.start
}

// unnamed reports each spec without a name for its target in a run in which
// another spec has one.
func unnamed(specs []Spec) (diags diag.List) {
	var first Declaration
	for _, s := range specs {
		if s.Declared.Name() != "" {
			first = s.Declared
			break
		}
	}
	if first.Name() == "" {
		return nil
	}
	named := first.place("name")
	for _, s := range specs {
		if s.Declared.Name() != "" {
			continue
		}
		at := s.Declared.place("")
		diags.Add(diag.Diagnostic{
			Code: diag.TargetUnnamed, Severity: diag.Error, At: at.at, Path: at.path,
			Message: "the target of this spec has no name, and that of another spec of the run has: which bundle it belongs to is open",
		}.WithRelated(named.at, "the name %s", first.Name()).WithHint("set target: name: %q, or another name", first.Name()))
	}
	return diags
}

// contradictions reports settings of a target that specs of one bundle give
// different values: for each value that differs from the first spec's, where it
// is written first.
func contradictions(group []Spec) (diags diag.List) {
	first := group[0].Declared
	expected := settings(first.target)
	reported := map[string]bool{}
	for _, s := range group[1:] {
		if reflect.DeepEqual(s.Declared.target, first.target) {
			continue
		}
		found := settings(s.Declared.target)
		for _, path := range ir.Sorted(keys(expected, found)) {
			key := path + "=" + found[path]
			if found[path] == expected[path] || reported[key] {
				continue
			}
			reported[key] = true
			diags.Add(contradiction(first, s.Declared, path, expected[path], found[path]))
		}
	}
	return diags
}

func contradiction(first, second Declaration, path, expected, found string) diag.Diagnostic {
	at, other := second.place(path), first.place(path)
	if other.at.Compare(at.at) > 0 {
		at, other, expected, found = other, at, found, expected
	}
	bundle := "one bundle"
	if name := first.Name(); name != "" {
		bundle = "the target " + name
	}
	return diag.Diagnostic{
		Code: diag.ConflictingSpecs, Severity: diag.Error, At: at.at, Path: at.path,
		Message: fmt.Sprintf("two specs of this run are for %s, and their targets contradict each other: %s is %s here, and %s in the other", bundle, path, orUnset(found), orUnset(expected)),
	}.WithRelated(other.at, "the other").
		WithHint("give both the same target, from a file that they share; or give each cluster a name: target: name: \"…\"")
}

func orUnset(value string) string {
	if value == "" {
		return "not set"
	}
	return value
}

func keys(a, b map[string]string) map[string]bool {
	all := map[string]bool{}
	for path := range a {
		all[path] = true
	}
	for path := range b {
		all[path] = true
	}
	return all
}

// settings returns what a target says of its cluster, by the path of the field
// below target.
func settings(t target.Target) map[string]string {
	all := map[string]string{}
	collect(reflect.ValueOf(t), "", all)
	delete(all, "name") // what targets are grouped by
	delete(all, "noHPA")
	return all
}

// collect notes the leaves of a value by their paths, as the spec spells them.
func collect(v reflect.Value, path string, all map[string]string) {
	if version, ok := v.Interface().(target.Version); ok {
		all[path] = fmt.Sprintf("%q", version)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			collect(v.Field(i), below(path, specName(v.Type().Field(i).Name)), all)
		}
	case reflect.Map:
		for _, key := range v.MapKeys() {
			collect(v.MapIndex(key), below(path, key.String()), all)
		}
	case reflect.String:
		if v.String() != "" {
			all[path] = fmt.Sprintf("%q", v.String())
		}
	default:
		all[path] = fmt.Sprint(v.Interface())
	}
	if path == "mesh.cluster" {
		all[path] = map[string]string{"true": `"separate"`, "false": `"same"`}[all[path]]
	}
}

// below is the path of a field of what is at a path.
func below(path, name string) string { return strings.TrimPrefix(path+"."+name, ".") }

// specName is the name that a field of target.Target has in a spec.
func specName(field string) string {
	if field == "Separate" {
		return "cluster"
	}
	letters := []rune(field)
	letters[0] = unicode.ToLower(letters[0])
	return string(letters)
}
