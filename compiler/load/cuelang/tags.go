package cuelang

import (
	"slices"
	"strings"

	"cuelang.org/go/cue/ast"
	"cuelang.org/go/cue/errors"

	"github.com/belay-sh/belay/compiler/load"
)

// A tag is a @tag attribute.
type tag struct {
	name   string
	kind   string   // of its value: "string", "int", "number" or "bool"
	shorts []string // values that may be given without the name
}

// Tags returns the @tag attributes in the unit's own files.
func (Language) Tags(of *load.Unit) (tags []load.Tag) {
	p, _ := unit{of}.assemble() // what does not parse has no tags
	for _, t := range tagsOf(p.files) {
		tags = append(tags, load.Tag{Name: t.name, Shorts: t.shorts})
	}
	return tags
}

// tagsOf are the tags of files, in their order.
func tagsOf(files []*ast.File) (tags []tag) {
	for _, f := range files {
		ast.Walk(f, func(n ast.Node) bool {
			if a, ok := n.(*ast.Attribute); ok {
				if name, body := a.Split(); name == "tag" {
					tags = append(tags, parseTag(body))
				}
			}
			return true
		}, nil)
	}
	return tags
}

// openTags returns the end of a hint about a value that is open: the tags of
// the unit that the run does not set, as flags, since the value may be theirs.
func (u unit) openTags(files []*ast.File) string {
	var flags []string
	for _, t := range tagsOf(files) {
		flag := "-t " + t.name + "=…"
		given := slices.ContainsFunc(u.Options.Tags, func(given string) bool {
			name, _, _ := strings.Cut(given, "=")
			return name == t.name || slices.Contains(t.shorts, given)
		})
		if !given && !slices.Contains(flags, flag) {
			flags = append(flags, flag)
		}
	}
	if len(flags) == 0 {
		return ""
	}
	return "; if it depends on a tag, set that: " + strings.Join(flags, ", ")
}

// parseTag parses what is in the brackets of @tag(name,type=int,short=a|b).
func parseTag(body string) tag {
	args := strings.Split(body, ",")
	t := tag{name: strings.TrimSpace(args[0]), kind: "string"}
	for _, arg := range args[1:] {
		key, value, _ := strings.Cut(strings.TrimSpace(arg), "=")
		switch key {
		case "type":
			t.kind = value
		case "short":
			t.shorts = strings.Split(value, "|")
		}
	}
	return t
}

// ownTags are those of the run's tags that the unit takes: what is given for a
// tag of another package is not for this one. Whether it takes a name without a
// value is known only to cue/load where files have build attributes.
func (u unit) ownTags(p *parts) (own []string) {
	if len(u.Options.Tags) == 0 {
		return nil
	}
	tags := tagsOf(p.files)
	for _, given := range u.Options.Tags {
		name, _, valued := strings.Cut(given, "=")
		takes := func(t tag) bool {
			if valued {
				return t.name == name
			}
			return slices.Contains(t.shorts, name)
		}
		switch {
		case slices.ContainsFunc(tags, takes):
			u.UseTag(given)
			own = append(own, given)
		case !valued && p.loader:
			own = append(own, given)
		}
	}
	return own
}

func (u unit) useTags(tags []string) {
	for _, t := range tags {
		u.UseTag(t)
	}
}

// unusedTag is the tag that cue/load found no use for, or "".
func unusedTag(err error) string {
	for _, e := range errors.Errors(err) {
		if format, args := e.Msg(); strings.Contains(format, "not used in any file") && len(args) == 1 {
			name, _ := args[0].(string)
			return name
		}
	}
	return ""
}
