package load_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// TestLoad_RangeCoversTheToken loads texts in every form that a language has. The
// range of a value, and that of a quoted key, is the token as it is written:
// escapes, quotes and further lines included, what comes behind it not.
func TestLoad_RangeCoversTheToken(t *testing.T) {
	for name, c := range map[string]struct{ file, before, token, after string }{
		"yaml plain":                     {"a.yaml", "apps: {}\nx: ", `long text`, " # comment\n"},
		"yaml plain beyond ASCII":        {"a.yaml", "apps: {}\nx: ", `größer → länger`, "\n"},
		"yaml plain behind multibyte":    {"a.yaml", "apps: {}\n\"ö→\": 1\nx: {\"ä\": 1, z: ", `é`, "}\n"},
		"yaml plain, several lines":      {"a.yaml", "apps: {}\nx: ", "one\n  two\n\n  three", "\nz: 1\n"},
		"yaml plain, flow":               {"a.yaml", "apps: {}\nx: [", "one two", ", three]\n"},
		"yaml double, escaped quote":     {"a.yaml", "apps: {}\nx: ", `"a \" b c"`, " # \"comment\"\n"},
		"yaml double, escaped backslash": {"a.yaml", "apps: {}\nx: ", `"a \\"`, " # \"comment\"\n"},
		"yaml double, unicode escape":    {"a.yaml", "apps: {}\nx: ", `"\u00e9\x41"`, "\n"},
		"yaml double, several lines":     {"a.yaml", "apps: {}\nx: ", "\"one\n  two \\\n  \\\"three\\\"\"", "\nz: 1\n"},
		"yaml double, flow":              {"a.yaml", "apps: {}\nx: [", `"a, \"b\""`, ", \"c\"]\n"},
		"yaml double, empty":             {"a.yaml", "apps: {}\nx: ", `""`, " # \"\n"},
		"yaml single, doubled quote":     {"a.yaml", "apps: {}\nx: ", `'it''s long'`, " # it's\n"},
		"yaml single, quote at the end":  {"a.yaml", "apps: {}\nx: ", `'it'''`, "\n"},
		"yaml single, several lines":     {"a.yaml", "apps: {}\nx: ", "'it''s\n  long'", "\nz: 1\n"},
		"yaml literal block":             {"a.yaml", "apps: {}\nx: ", "|-\n  one\n\n    two", "\nz: 1\n"},
		"yaml folded block":              {"a.yaml", "apps: {}\nx: ", ">+ # comment\n  one\n  two", "\n\nz: 1\n"},
		"yaml block without text":        {"a.yaml", "apps: {}\nx: ", "|", "\nz: 1\n"},
		"yaml anchored":                  {"a.yaml", "apps: {}\nx: &a ", `"a \" b"`, " # \"\nz: *a\n"},
		"yaml tagged":                    {"a.yaml", "apps: {}\nx: !!str ", `'1'''`, "\n"},
		"yaml anchored and tagged":       {"a.yaml", "apps: {}\nx: &a !!str ", `one two`, " # comment\n"},
		"yaml carriage returns":          {"a.yaml", "apps: {}\r\nx: ", `"a \" b"`, "\r\nz: 1\r\n"},
		"json escaped quote":             {"a.json", `{"apps": {}, "x": `, `"a \" b c"`, `, "y": "z"}`},
		"json escaped backslash":         {"a.json", `{"apps": {}, "x": `, `"a \\"`, `, "y": "z"}`},
		"json unicode escape":            {"a.json", `{"apps": {}, "x": `, `"\u00e9\ud83d\ude00\/"`, "\n}"},
		"json beyond ASCII":              {"a.json", `{"apps": {}, "ö": 1, "x": `, `"größer"`, "\n}"},
		"cue escaped quote":              {"a.cue", "apps: {}\nx: ", `"a \" b c"`, " // \"\n"},
		"cue unicode escape":             {"a.cue", "apps: {}\nx: ", `"\u00e9\\"`, "\n"},
		"cue raw":                        {"a.cue", "apps: {}\nx: ", `#"a " b \ c"#`, " // \"#\n"},
		"cue raw, two signs":             {"a.cue", "apps: {}\nx: ", `##"a "# b"##`, "\n"},
		"cue several lines":              {"a.cue", "apps: {}\nx: ", "\"\"\"\n\ta \"b\"\n\tc\n\t\"\"\"", "\ny: 1\n"},
		"cue raw, several lines":         {"a.cue", "apps: {}\nx: ", "#\"\"\"\n\ta \\ \"b\"\n\t\"\"\"#", "\ny: 1\n"},
		"cue interpolation":              {"a.cue", "apps: {}\nlet y = \"z\"\nx: ", `"a \" \(y) \("\(y)")"`, "\n"},
		"cue carriage returns":           {"a.cue", "apps: {}\r\nx: ", `"a \" b"`, "\r\ny: 1\r\n"},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.before + c.token + c.after
			n := loadText(t, c.file, text).Field("x")
			for len(n.Children) > 0 {
				if n = n.Children[0]; n.Name == "ä" {
					n = n.Parent.Children[1]
				}
			}
			assert.Equal(t, c.token, slice(text, n.At))
		})
	}
}

// TestLoad_RangeCoversTheKey is the same for keys, which a diagnostic about a
// field underlines.
func TestLoad_RangeCoversTheKey(t *testing.T) {
	for name, c := range map[string]struct{ file, before, key, after string }{
		"yaml double":      {"a.yaml", "apps: {}\nx:\n  ", `"a \" b"`, " : 1\n"},
		"yaml single":      {"a.yaml", "apps: {}\nx:\n  ", `'it''s'`, ": 1\n"},
		"yaml plain":       {"a.yaml", "apps: {}\nx: {", `größer`, ": 1}\n"},
		"yaml plain words": {"a.yaml", "apps: {}\nx:\n  ", `a b`, ": a b\n"},
		"json":             {"a.json", `{"apps": {}, "x": {`, `"a \" \u00e9"`, ` : 1}}`},
		"cue":              {"a.cue", "apps: {}\nx: ", `"a \" b"`, ": 1\n"},
		"cue raw":          {"a.cue", "apps: {}\nx: ", `#"a " b"#`, ": 1\n"},
	} {
		t.Run(name, func(t *testing.T) {
			text := c.before + c.key + c.after
			assert.Equal(t, c.key, slice(text, loadText(t, c.file, text).Field("x").Children[0].Key))
		})
	}
}

func loadText(t *testing.T, file, text string) *ir.Node {
	t.Helper()
	units, err := load.FindUnits([]string{"/spec/" + file}, load.Options{CUE: cuelang.Language{}, Dir: "/spec", Files: map[string][]byte{"/spec/" + file: []byte(text)}})
	require.NoError(t, err)
	root, diags := units[0].Load()
	require.Empty(t, diags)
	return root
}

// slice returns the part of a text that a range covers.
func slice(text string, at diag.Range) string {
	offset := func(p diag.Position) int {
		lines := strings.SplitAfter(text, "\n")
		return len(strings.Join(lines[:p.Line-1], "")) + p.Column - 1
	}
	return text[offset(at.Start):offset(at.End)]
}
