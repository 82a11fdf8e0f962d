package specgen

import (
	"fmt"
	"strings"

	"pgregory.net/rapid"

	"github.com/belay-sh/belay/internal/ir"
)

// Reading is a CUE package of somebody who wants to read what is not theirs: a
// hostile document, beside which CUE embeds files and imports packages.
type Reading string

// A Tree names what of the tree around a package a Reading tries to read.
type Tree struct {
	Files   []string // of @embed, relative to the package
	Globs   []string // of @embed
	Imports []string
}

// Readings draws packages that try to read some of a tree.
func Readings(tree Tree) *rapid.Generator[Reading] {
	return rapid.Custom(func(t *rapid.T) Reading {
		doc := Document{"apps": object{"web": object{"image": "registry.example.com/web" + digest}}}
		if rapid.Bool().Draw(t, "more that is hostile") {
			doc = Hostile().Draw(t, "document")
		}
		apps := doc["apps"].(object)
		name := rapid.SampledFrom(ir.Sorted(apps)).Draw(t, "reading app")
		var imports, fields strings.Builder
		for i := range rapid.IntRange(1, 3).Draw(t, "readings") {
			value := fmt.Sprintf("_read%d", i)
			switch rapid.SampledFrom([]string{"file", "glob", "import", "import"}).Draw(t, "reading") {
			case "file":
				kind := rapid.SampledFrom([]string{"type=text", "type=binary", "type=yaml", ""}).Draw(t, "type")
				fmt.Fprintf(&fields, "%s: _ @embed(file=%q,%s)\n", value, rapid.SampledFrom(tree.Files).Draw(t, "file"), kind)
			case "glob":
				fmt.Fprintf(&fields, "%s: _ @embed(glob=%q,type=text)\n", value, rapid.SampledFrom(tree.Globs).Draw(t, "glob"))
			default:
				fmt.Fprintf(&imports, "import p%d %q\n", i, rapid.SampledFrom(tree.Imports).Draw(t, "package"))
				value = fmt.Sprintf("p%d.S", i)
			}
			fmt.Fprintf(&fields, "apps: %q: env: READ%d: \"\\(%s)\"\n", name, i, value)
		}
		return Reading("@extern(embed)\n\npackage app\n\n" + imports.String() + "\n" + fields.String() + "\n" + string(doc.CUE()))
	})
}
