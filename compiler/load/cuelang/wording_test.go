package cuelang

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// wordings are mistakes that lead to an error of CUE's with each text of the
// table of classes. CUE has no codes for its errors, so that a release of it that
// changes a text must fail here, and not report another code.
var wordings = map[string]string{
	"reference %q not found":                  "apps: web: image: nothing",
	"undefined field":                         "_a: {}\napps: web: image: _a.b",
	"imported and not used":                   "import \"strings\"\n\napps: web: image: \"x\"",
	"builtin package":                         "import \"nothing\"\n\napps: web: image: nothing.Image",
	"cyclic reference":                        "apps: {if apps.web.port > 1 {web: port: 2}}",
	"not concrete":                            "_b: bool\napps: web: mesh: inject: !_b",
	"non-ground":                              "_s: string\napps: web: image: {a: \"x\"}[_s]",
	"import failed":                           "import \"example.com/x/missing\"\n\napps: web: image: missing.Image",
	"field not allowed":                       "#A: {image: string}\napps: web: #A & {imag: \"x\", image: \"x\"}",
	"out of bound":                            "apps: web: port: 3 & >4",
	"does not satisfy":                        "import \"strings\"\n\napps: web: image: \"x\" & strings.MinRunes(3)",
	"empty disjunction":                       "apps: web: image: \"x\" & (\"y\" | \"z\")",
	"structural cycle":                        "apps: web: #A\n#A: {a: #A}",
	"cycle with field":                        "a: 1 + b\nb: a\napps: web: port: b",
	"conflicting values":                      "apps: web: image: \"x\"\napps: web: image: \"y\"",
	"invalid interpolation":                   "_n: string\napps: web: image: \"\\(_n)\"",
	"non-concrete":                            "_n: int\napps: web: port: _n + 1",
	"build constraints exclude all CUE files": "@if(prod)\n\npackage p\n\napps: web: image: \"x\"",
	"incomplete":                              "_s: _\napps: web: image: _s.a",
}

// TestClasses_MatchTheTextsOfCUE also removes each class from the table: what
// changes nothing then matches no text of CUE's.
func TestClasses_MatchTheTextsOfCUE(t *testing.T) {
	all := classes
	t.Cleanup(func() { classes = all })
	for i, k := range all {
		t.Run(k.text, func(t *testing.T) {
			source, ok := wordings[k.text]
			require.True(t, ok, "there is no mistake with this text")
			classes = all
			assert.Contains(t, mistakes(t, source), k.code)
			with := printed(t, source)
			classes = slices.Delete(slices.Clone(all), i, i+1)
			assert.NotEqual(t, with, printed(t, source), "the class changes nothing")
		})
	}
	assert.Len(t, wordings, len(all))
}

// mistakes returns the codes of what is wrong in a spec of a module.
func mistakes(t *testing.T, source string) (codes []diag.Code) {
	for _, d := range loadSpec(t, source) {
		codes = append(codes, d.Code)
	}
	return codes
}

func printed(t *testing.T, source string) string {
	return string(diag.Text{}.Print(loadSpec(t, source)))
}

func loadSpec(t *testing.T, source string) diag.List {
	t.Helper()
	if !strings.Contains(source, "package p\n") {
		source = "package p\n\n" + source
	}
	root, diags := loadFiles(t, map[string]string{
		"cue.mod/module.cue": "module: \"example.com/x\"\nlanguage: version: \"v0.15.0\"\n",
		"p/app.cue":          source + "\n",
		"cycle/a.cue":        "package cycle\n\nimport \"example.com/x/other\"\n\nImage: other.Image\n",
		"other/a.cue":        "package other\n\nimport \"example.com/x/cycle\"\n\nImage: cycle.Image\n",
	}, "./p", "port=x")
	var walk func(*ir.Node)
	walk = func(n *ir.Node) {
		if n.Bad != nil {
			diags.Add(*n.Bad)
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	if root != nil {
		walk(root)
	}
	return diags
}
