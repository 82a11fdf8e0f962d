package diag

import (
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

func TestPrintable(t *testing.T) {
	for text, want := range map[string]string{
		"plain": "plain",
		"žluťoučký kůň, 家族, Привет, µs":           "žluťoučký kůň, 家族, Привет, µs",
		"👨\u200d👩\u200d👧 and می\u200cخواهم":       "👨\u200d👩\u200d👧 and می\u200cخواهم",
		"a\x1b[31mred\x1b]0;title\x07":            `a\x1b[31mred\x1b]0;title\x07`,
		"\u009b31m\x7f":                           `\u009b31m\x7f`,
		"one\r\n::error::two\u2028three\u0085":    `one\r\n::error::two\u2028three\u0085`,
		"user\u202e\u2066// nimda\u2069":          `user\u202e\u2066// nimda\u2069`,
		"1\u200b2\ufeff3\u00ad4\u200d5\U000e0041": `1\u200b2\ufeff3\u00ad4\u200d5\U000e0041`,
		"\xff\xc0\x80":                            `\xff\xc0\x80`,
		"##[error]owned ##vso[task.x]y ## [z]":    `#\x23[error]owned #\x23vso[task.x]y ## [z]`,
		"a\tb":                                    `a\tb`,
	} {
		assert.Equal(t, want, Printable(text))
	}
}

func TestPrintable_Shortens(t *testing.T) {
	long := Printable(strings.Repeat("ž", 100_000) + "\n")
	assert.Less(t, len(long), longestText+10)
	assert.True(t, utf8.ValidString(long))
	assert.Contains(t, long, " … ")
}

func TestPrintableLines(t *testing.T) {
	assert.Equal(t, "one\n  \\x3a:error::two\n\\x3a:three\\x1b", PrintableLines("one\n  ::error::two\n::three\x1b"))
}

func TestDisguise(t *testing.T) {
	for text, want := range map[string]string{
		"admin":                      "",
		"line\n\tline\r\n":           "",
		"žluťoučký kůň":              "",
		"Привет, world":              "",
		"5 µs, 3 Ωm, Δt, λ-calculus": "",
		"日本語 and 한국어":                "",
		"👨\u200d👩":                   "",
		"pаypal":                     "а, the Cyrillic letter U+0430 among those of another script",
		"Αdmin":                      "Α, the Greek letter U+0391 among those of another script",
		"аdmin and more":             "а, the Cyrillic letter U+0430 among those of another script",
		"user\u202e":                 "the bidirectional control U+202E",
		"a\u200bb":                   "the invisible character U+200B",
		"a\u200db":                   "the invisible character U+200D",
		"soft\u00adhyphen":           "the invisible character U+00AD",
		"bell\x07":                   "the control character U+0007",
		"c1\u009b":                   "the control character U+009B",
		"tag\U000e0041":              "the invisible character U+E0041",
		"filler\u3164":               "the invisible character U+3164",
	} {
		assert.Equal(t, want, Disguise(text), "%q", text)
	}
}

// hostile is a diagnostic in which every text is what somebody else wrote.
func hostile(text string) (List, func(string) []byte) {
	place := Range{File: text, Start: Position{1, 2}, End: Position{1, 4}}
	list := List{Diagnostic{Code: "c", Severity: Error, Message: text, At: place, Path: text}.
		WithHint("%s", text).WithRelated(place, "%s", text)}
	return append(list, Diagnostic{Code: "c", Severity: Warning, Message: "m", At: place}), func(string) []byte { return []byte(text) }
}

// FuzzPrinters prints diagnostics made of hostile bytes in every format: what
// is printed has no hidden character but line breaks and its own colours, and
// no line, however indented, that a CI system reads as a command.
func FuzzPrinters(f *testing.F) {
	for _, text := range []string{
		"", "plain", "a\x1b[31m\n::error::owned\r\n##[error]owned", "\u009b31m\u202e\u2066\u200b\ufeff", "\xff\xfe\x00\x7f", "::warning::x", "  ::warning::x",
		"##vso[task.setvariable variable=x]y", "####[x]", "\u2028::error::", "\u0085::error::", strings.Repeat("\x1b", 3000), "\t\t::debug::", "👨\u200d👩\u200d👧",
	} {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		list, source := hostile(text)
		for format, printed := range map[string][]byte{
			"text":   Text{Source: source}.Print(list),
			"json":   JSON(list),
			"sarif":  SARIF{Source: source}.Print(list),
			"github": GitHub(list),
			"colour": []byte(withoutColours(string(Text{Source: source, Color: true}.Print(list)))),
		} {
			requireHarmless(t, format, string(printed))
		}
		var back struct{ Diagnostics []struct{ File string } }
		require.NoError(t, json.Unmarshal(JSON(list), &back))
		if utf8.ValidString(text) {
			assert.Equal(t, text, back.Diagnostics[0].File, "a program reads the name of the file as it is")
		}
	})
}

func withoutColours(text string) string {
	return strings.NewReplacer(red, "", yellow, "", blue, "", bold, "", reset, "").Replace(text)
}

func requireHarmless(t *testing.T, format, printed string) {
	require.True(t, utf8.ValidString(printed), format)
	for i, r := range printed {
		require.True(t, r == '\n' || !Hidden(r) || joins(printed, i, i+utf8.RuneLen(r)), "%s prints U+%04X: %q", format, r, printed)
	}
	for line := range strings.Lines(printed) {
		require.NotRegexp(t, `##[A-Za-z]*\[`, line, format)
		if format != "github" {
			require.False(t, strings.HasPrefix(strings.TrimSpace(line), "::"), "%s prints the line %q", format, line)
		}
	}
	if format == "github" {
		require.Regexp(t, `\A(::error [^\n]*\n)(::warning [^\n]*\n)\z`, printed)
	}
}

func TestErrorText(t *testing.T) {
	assert.Equal(t, `open a\n::error::b: no such file`, ErrorText(errors.New("open a\n::error::b: no such file")))
	assert.Equal(t, "two lines:\n  \\x3a:error::\\x1b\\nx", ErrorText(LinesError{"two lines:", "  ::error::\x1b\nx"}))
	assert.Equal(t, `wrapped: one\ntwo`, ErrorText(fmt.Errorf("wrapped: %w", LinesError{"one", "two"})), "what is around it may be anybody's")
}
