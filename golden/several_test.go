package golden_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/golden/specgen"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// TestCheck_OneWrongValue gives each value of every valid fixture a wrong type,
// one at a time: that is one mistake, and what the rules miss in what is left
// of the spec is none.
func TestCheck_OneWrongValue(t *testing.T) {
	for _, f := range fixtures(t) {
		if strings.HasPrefix(f.Name, "bad/") || f.Name == "tenant" { // valid by the target of its policy alone
			continue
		}
		t.Run(f.Name, func(t *testing.T) {
			opts := f.options(t)
			units, err := load.FindUnits(f.Paths, opts.Options)
			require.NoError(t, err)
			for _, u := range units {
				root, diags := u.Load()
				require.False(t, diags.HasErrors())
				_, before := check.Check(root, opts.Overrides)
				require.False(t, before.HasErrors(), "%s", diag.Text{}.Print(before))
				eachValue(root, func(n *ir.Node) { wrongAlone(t, root, n, before) })
			}
		})
	}
}

// TestCheck_OneMisspeltField misspells each field of every valid fixture, one at
// a time: what the rules miss in its place is no other mistake.
func TestCheck_OneMisspeltField(t *testing.T) {
	misspelt := 0
	for _, f := range fixtures(t) {
		if strings.HasPrefix(f.Name, "bad/") || f.Name == "tenant" { // valid by the target of its policy alone
			continue
		}
		opts := f.options(t)
		units, err := load.FindUnits(f.Paths, opts.Options)
		require.NoError(t, err)
		for _, u := range units {
			root, _ := u.Load()
			eachValue(root, func(n *ir.Node) {
				if n.Parent.Kind == schema.Struct && misspeltAlone(t, root, n, opts.Overrides) {
					misspelt++
				}
			})
		}
	}
	assert.Greater(t, misspelt, 500, "fields")
}

// misspeltAlone repeats the last letter of a key for the time of a check. It
// reports whether the key is that of a field.
func misspeltAlone(t *testing.T, root, n *ir.Node, opts check.Overrides) bool {
	name := n.Name
	n.Name += name[len(name)-1:]
	_, diags := check.Check(root, opts)
	n.Name = name
	found := errorsOf(diags.Sorted())
	field := slices.ContainsFunc(found, func(d diag.Diagnostic) bool { return d.Code == diag.UnknownField && d.At == n.Key })
	if field {
		assert.Len(t, found, 1, "%s is misspelt\n%s", n.Path(), diag.Text{}.Print(found))
	}
	return field
}

// eachValue calls f with every value below a node.
func eachValue(n *ir.Node, f func(*ir.Node)) {
	for _, child := range n.Children {
		f(child)
		eachValue(child, f)
	}
}

// wrongAlone makes a node null, which no field takes, for the time of a check.
func wrongAlone(t *testing.T, root, n *ir.Node, before diag.List) {
	right := *n
	n.Kind, n.Text, n.Children = schema.Null, "null", nil
	_, diags := check.Check(root, check.Overrides{})
	*n = right
	found := errorsOf(diags.Sorted())
	if len(found) == 0 {
		return // a value of a Kubernetes type, which is validated when it is decoded
	}
	assert.Len(t, found, 1, "%s is null\n%s", n.Path(), diag.Text{}.Print(found))
	assert.Equal(t, n.At, found[0].At, "%s is null\n%s", n.Path(), diag.Text{}.Print(found))
	for _, d := range diags {
		if d.Severity == diag.Warning {
			assert.Contains(t, before, d, "%s is null", n.Path())
		}
	}
}

// TestCheck_TwoMistakes makes two mistakes in different fields of a valid app:
// one run reports what two runs with one mistake each report.
func TestCheck_TwoMistakes(t *testing.T) {
	enough := fixDraws(t, 600)
	made := map[string]int{}
	rapid.Check(t, func(t *rapid.T) { mistakenTwice(t, made) })
	assert.True(t, len(made) > 300 || !enough, "%d pairs of mistakes", len(made))
}

func mistakenTwice(t *rapid.T, made map[string]int) {
	pair := specgen.MakeTwo(t)
	if errorsOf(newCandidate(t, pair.Valid, check.Overrides{}).diags) != nil {
		return
	}
	first := findingsOf(t, pair.First)
	second := findingsOf(t, pair.Second)
	both := findingsOf(t, pair.Both)
	made[pair.Name]++
	for _, found := range both {
		assert.Contains(t, slices.Concat(first, second), found, "%s: neither mistake alone\n%s", pair.Name, pair.Both.CUE())
	}
	for _, found := range slices.Concat(first, second) {
		if !aboutAbsence(found) {
			assert.Contains(t, both, found, "%s: not both\n%s", pair.Name, pair.Both.CUE())
		}
	}
}

// aboutAbsence reports whether a finding is that something is missing. It is
// not reported where what is missing may be the very value that has another
// form than the schema's.
func aboutAbsence(finding string) bool {
	return strings.HasSuffix(finding, " "+string(diag.PortRequired)) || strings.HasSuffix(finding, " "+string(diag.MissingField))
}

// findingsOf are the errors of a spec: what each is about, and its code.
func findingsOf(t *rapid.T, doc specgen.Document) (findings []string) {
	for _, d := range errorsOf(newCandidate(t, doc, check.Overrides{}).diags) {
		findings = append(findings, d.Path+" "+string(d.Code))
	}
	return slices.Sorted(slices.Values(findings))
}
