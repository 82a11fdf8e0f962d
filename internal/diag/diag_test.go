package diag

import (
	"encoding/json"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func at(line, column, endLine, endColumn int) Range {
	return Range{File: "app.cue", Start: Position{line, column}, End: Position{endLine, endColumn}}
}

func TestText(t *testing.T) {
	source := "package web\n\tport: 80 // žluť\r\nlong: {\n}\n"
	text := Text{Source: func(file string) []byte {
		if file == "app.cue" {
			return []byte(source)
		}
		return nil
	}}
	for name, c := range map[string]struct {
		diagnostic Diagnostic
		want       string
	}{
		"a tab is four columns": {
			Diagnostic{Code: "c", Severity: Error, Message: "m", At: at(2, 8, 2, 10)},
			"error[c]: m\n  --> app.cue:2:8\n   |\n 2 |     port: 80 // žluť\n   |           ^^\n",
		},
		"a letter of two bytes is one column": {
			Diagnostic{Code: "c", Severity: Error, Message: "m", At: at(2, 14, 2, 20)},
			"error[c]: m\n  --> app.cue:2:14\n   |\n 2 |     port: 80 // žluť\n   |                 ^^^^\n",
		},
		"a range over lines ends with the first": {
			Diagnostic{Code: "c", Severity: Warning, Message: "m", At: at(3, 7, 4, 2)},
			"warning[c]: m\n  --> app.cue:3:7\n   |\n 3 | long: {\n   |       ^\n",
		},
		"an empty range is one caret": {
			Diagnostic{Code: "c", Severity: Error, Message: "m", At: at(3, 1, 3, 1)},
			"error[c]: m\n  --> app.cue:3:1\n   |\n 3 | long: {\n   | ^\n",
		},
		"past the end of the line": {
			Diagnostic{Code: "c", Severity: Error, Message: "m", At: at(4, 9, 4, 12)},
			"error[c]: m\n  --> app.cue:4:9\n   |\n 4 | }\n   |  ^\n",
		},
		"without the source, related and a hint": {
			Diagnostic{Code: "c", Severity: Error, Message: "m", Hint: "h", At: Range{File: "gone", Start: Position{1, 2}},
				Related: []Related{{At: at(3, 1, 3, 2), Message: "r"}}},
			"error[c]: m\n  --> gone:1:2\n   = app.cue:3:1: r\n   = hint: h\n",
		},
	} {
		t.Run(name, func(t *testing.T) {
			assert.Equal(t, c.want, string(text.Print(List{c.diagnostic})))
		})
	}
}

func TestText_Color(t *testing.T) {
	d := List{{Code: "c", Severity: Error, Message: "m"}}
	assert.Contains(t, string(Text{Color: true}.Print(d)), "\x1b[")
	assert.NotContains(t, string(Text{}.Print(d)), "\x1b[")
}

func TestList_Sorted(t *testing.T) {
	a := Diagnostic{Code: "b", Message: "x", At: at(1, 2, 1, 3)}
	b := Diagnostic{Code: "a", Message: "x", At: at(1, 2, 1, 3)}
	c := Diagnostic{Code: "a", Message: "x", At: at(1, 1, 1, 3)}
	again := a
	again.Path = "of another revision"
	assert.Equal(t, List{c, b, a}, List{a, b, again, c}.Sorted())
}

func TestList_HasErrors(t *testing.T) {
	warnings := List{{Severity: Warning}}
	assert.False(t, warnings.HasErrors())
	assert.True(t, warnings.AsErrors().HasErrors())
	assert.False(t, warnings.HasErrors(), "AsErrors changes a copy")
}

func TestDiagnostic_WithRelatedCopies(t *testing.T) {
	base := Diagnostic{}.WithRelated(at(1, 1, 1, 1), "one")
	left, right := base.WithRelated(at(2, 1, 2, 1), "left"), base.WithRelated(at(3, 1, 3, 1), "right")
	assert.Equal(t, "left", left.Related[1].Message)
	assert.Equal(t, "right", right.Related[1].Message)
}

func TestJSON_WithoutDiagnostics(t *testing.T) {
	assert.JSONEq(t, `{"diagnostics": []}`, string(JSON(nil)))
}

func TestSARIF_CountsCharacters(t *testing.T) {
	source := func(string) []byte { return []byte("žluť: 1\n") }
	d := List{{Code: "c", Severity: Error, Message: "m", At: Range{File: "a b.cue", Start: Position{1, 9}, End: Position{1, 10}}}}
	var log struct {
		Runs []struct {
			Results []struct {
				Locations []struct {
					PhysicalLocation struct {
						ArtifactLocation struct{ URI string }
						Region           struct{ StartColumn int }
					}
				}
			}
		}
	}
	require.NoError(t, json.Unmarshal(SARIF{Source: source}.Print(d), &log))
	place := log.Runs[0].Results[0].Locations[0].PhysicalLocation
	assert.Equal(t, 7, place.Region.StartColumn)
	assert.Equal(t, "a%20b.cue", place.ArtifactLocation.URI)
}

func TestGitHub_Escapes(t *testing.T) {
	d := List{{Code: "c", Severity: Warning, Message: "100%\nsure", At: Range{File: "a,b:c.cue", Start: Position{1, 2}, End: Position{1, 3}}}}
	assert.Equal(t, "::warning file=a%2Cb%3Ac.cue,line=1,endLine=1,col=2,endColumn=3,title=c::100%25\\nsure\n", string(GitHub(d)))
}
