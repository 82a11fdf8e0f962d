// Package checktest checks small specs, so that a test of rules is a table of
// what is accepted and what is rejected, with the tokens that are reported.
package checktest

import (
	"bytes"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// A Case is a spec and what check reports of it. Nothing else may be reported.
type Case struct {
	// App has the fields of an app named web, next to its image, in flow style:
	// port: 8080. If it is "", Top has the apps.
	App string

	// Top has the other top-level fields of the spec in flow style: target: {…}.
	Top string

	// Want is what is reported, in the order of places and separated by "; ":
	// the code and the token as it is written. A warning begins with a "~".
	Want string
}

// Run checks the cases of a table.
func Run(t require.TestingT, cases []Case) {
	for _, c := range cases {
		spec := c.Spec()
		assert.Equal(t, c.Want, strings.Join(Findings(t, spec), "; "), "%s", spec)
	}
}

// Spec returns the whole spec of a case, in YAML.
func (c Case) Spec() string {
	if c.App == "" {
		return "{" + c.Top + "}\n"
	}
	app := "apps: {web: {image: example.com/web:v1, " + c.App + "}}"
	if c.Top == "" {
		return "{" + app + "}\n"
	}
	return "{" + c.Top + ", " + app + "}\n"
}

const file = "/spec/app.yaml"

// Findings returns what check reports of a spec in YAML, as in Case.Want.
func Findings(t require.TestingT, spec string) (findings []string) {
	for _, d := range Check(t, spec) {
		finding := string(d.Code) + " " + token(spec, d.At)
		if d.Severity == diag.Warning {
			finding = "~" + finding
		}
		findings = append(findings, finding)
	}
	return findings
}

// Check returns the diagnostics of a spec in YAML, sorted.
func Check(t require.TestingT, spec string) diag.List {
	_, found := check.Check(Parse(t, spec), check.Overrides{})
	return found.Sorted()
}

// Parse returns the source tree of a spec in YAML.
func Parse(t require.TestingT, spec string) *ir.Node {
	root, diags := load.YAML(file, load.Options{Dir: "/spec", Files: map[string][]byte{file: []byte(spec)}})
	require.Empty(t, diags, "%s", spec)
	return root
}

// token returns the part of a text that a range on one line covers: of a map or
// a list, which has no range, the bracket that it begins with.
func token(text string, at diag.Range) string {
	line := bytes.Split([]byte(text), []byte("\n"))[at.Start.Line-1]
	end := len(line)
	if at.End.Line == at.Start.Line {
		end = max(at.Start.Column, at.End.Column-1)
	}
	return string(line[at.Start.Column-1 : end])
}
