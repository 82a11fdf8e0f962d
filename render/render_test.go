package render

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	yaml11 "go.yaml.in/yaml/v2"
	"go.yaml.in/yaml/v3"
	kyaml "sigs.k8s.io/kustomize/kyaml/yaml"
	sigs "sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/bundle"
)

// readers are the YAML libraries that a manifest meets: that of kubectl and
// Argo CD reads YAML 1.1, the others mostly 1.2.
var readers = map[string]func([]byte) (any, error){
	"yaml v2": func(data []byte) (v any, err error) {
		var m map[string]any
		err = yaml11.Unmarshal(data, &m)
		return m, err
	},
	"yaml v3": func(data []byte) (v any, err error) {
		var m map[string]any
		err = yaml.Unmarshal(data, &m)
		return m, err
	},
	"kyaml": func(data []byte) (v any, err error) {
		var m map[string]any
		err = kyaml.Unmarshal(data, &m)
		return m, err
	},
	"sigs": func(data []byte) (v any, err error) {
		var m map[string]any
		err = sigs.Unmarshal(data, &m)
		return m, err
	},
}

var awkward = []string{
	"y", "n", "Y", "yes", "no", "on", "off", "true", "False", "null", "~", "", " ", "012", "0o7", "0x1F", "0b1", "1e3", "1_000", "+1", "-", "--", "---", "...",
	"12:30", "2026-11-24", ".inf", ".nan", "=", "<<", "a: b", "a #b", "#", "!x", "&a", "*a", "{}", "[]", "%", "@", "`", "'", `"`, `\`, "a\tb", "a\nb", "a\n", "\n", " a", "a ",
	"::", "x:", ":x", "?", "? x", "- x", "|", ">", "žluť", "\u0085", "\u2028", "\ufeff", "🐎", "a\r\nb", "\x00", "\x7f", "1__0", "08", "0o8", "1e", "12e03", "-0o7", "NaN", "1.", ".5",
}

func TestMarshal_AllReadersAgree(t *testing.T) {
	for _, s := range awkward {
		want := map[string]any{"value": s}
		data := marshal(node(map[string]any{"value": s}))
		for name, read := range readers {
			got, err := read(data)
			require.NoError(t, err, "%s: %q as %s", name, s, data)
			assert.Equal(t, want, got, "%s: %q as %s", name, s, data)
		}
	}
}

// TestMarshal_HiddenCharacters: what a line does not show is written out, in
// values and in keys, so that a reviewer sees it and all readers read it.
func TestMarshal_HiddenCharacters(t *testing.T) {
	for s, want := range map[string]string{
		"user\u202eresu":           `"user\u202eresu"`,
		"a\u2066b\u2069":           `"a\u2066b\u2069"`,
		"a\u200bb":                 `"a\u200bb"`,
		"a\u00adb":                 `"a\u00adb"`,
		"a\U000e0041b":             `"a\U000E0041b"`,
		"two\nlines\u200f":         `"two\nlines\u200f"`,
		"\u200d":                   `"\u200d"`,
		"a\u202e\"\\u202e":         `"a\u202e\"\\u202e"`,
		"\u0645\u06cc\u200c\u062e": "\u0645\u06cc\u200c\u062e", // Persian is written so
		"žluť":                     "žluť",
	} {
		document := map[string]any{"value": s, s: "key"}
		data := marshal(node(document))
		assert.Contains(t, string(data), "value: "+want+"\n")
		assert.Contains(t, string(data), want+map[bool]string{false: ": key\n", true: "\n: key\n"}[strings.Contains(s, "\n")])
		for name, read := range readers {
			got, err := read(data)
			require.NoError(t, err, "%s: %q as %s", name, s, data)
			assert.Equal(t, any(document), got, "%s: %q as %s", name, s, data)
		}
	}
}

func TestMarshal_Keys(t *testing.T) {
	for _, s := range awkward {
		if s == "\x00" || s == "<<" {
			continue // no key of a manifest
		}
		data := marshal(node(map[string]any{s: "v"}))
		for name, read := range readers {
			got, err := read(data)
			require.NoError(t, err, "%s: %q as %s", name, s, data)
			assert.Equal(t, map[string]any{s: "v"}, got, "%s: %q as %s", name, s, data)
		}
	}
}

func FuzzMarshal(f *testing.F) {
	for _, s := range awkward {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		var value string
		data, _ := json.Marshal(s)
		require.NoError(t, json.Unmarshal(data, &value)) // valid UTF-8
		out := marshal(node(map[string]any{"a": []any{value}, "b": value}))
		for name, read := range readers {
			got, err := read(out)
			require.NoError(t, err, "%s: %q as %s", name, value, out)
			assert.Equal(t, map[string]any{"a": []any{value}, "b": value}, got, "%s: %q as %s", name, value, out)
		}
	})
}

const spec = "apps/web"

func own(name, text string) File {
	return File{Path: name, Owners: []string{spec}, Data: withHeader([]string{spec}, []byte(text))}
}

// scope is that of a run that compiled the spec of all files.
var scope = Scope{Coverage: bundle.Coverage{
	Compiled: map[string]bundle.Owner{spec: {Path: spec}},
	Exists:   func(path string) bool { return path == spec },
	Covers:   func(string) bool { return true },
}}

func plan(t *testing.T, dir string, files ...File) *Plan {
	t.Helper()
	p, err := NewPlan(dir, files, scope)
	require.NoError(t, err)
	return p
}

func read(t *testing.T, parts ...string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(parts...))
	require.NoError(t, err)
	return string(data)
}

func TestPlan_NewDirectory(t *testing.T) {
	parent := t.TempDir()
	dir := filepath.Join(parent, "deep", "out")
	p := plan(t, dir, own("a/x.yaml", "x"), own("b/y.yaml", "k"))
	require.NoError(t, p.Apply())
	assert.Equal(t, header+ownerPrefix+spec+"\nx", read(t, dir, "a/x.yaml"))
	assert.True(t, plan(t, dir, own("a/x.yaml", "x"), own("b/y.yaml", "k")).Empty())
	left, err := filepath.Glob(filepath.Join(parent, "deep", ".*"))
	require.NoError(t, err)
	assert.Empty(t, left, "nothing is left of the stage")
}

func TestPlan_ChangesOnlyWhatDiffers(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, plan(t, dir, own("a/x.yaml", "1"), own("b/y.yaml", "1"), own("c/z.yaml", "1")).Apply())
	require.NoError(t, os.WriteFile(filepath.Join(dir, "c", "mine.yaml"), []byte("mine"), 0o644))

	p := plan(t, dir, own("a/x.yaml", "1"), own("b/y.yaml", "2"))
	assert.Equal(t, []Removal{{"c/z.yaml", "the spec apps/web no longer emits it"}}, p.Remove)
	require.Len(t, p.Write, 1)
	assert.Contains(t, string(p.Diff()), "--- a/b/y.yaml")
	require.NoError(t, p.Apply())
	assert.Equal(t, header+ownerPrefix+spec+"\n2", read(t, dir, "b/y.yaml"))
	assert.NoFileExists(t, filepath.Join(dir, "c/z.yaml"))
	assert.Equal(t, "mine", read(t, dir, "c/mine.yaml"), "a directory with someone else's file stays")

	require.NoError(t, plan(t, dir, own("a/x.yaml", "1")).Apply())
	assert.NoDirExists(t, filepath.Join(dir, "b"), "an empty one does not")
}

func TestNewPlan_InTheWay(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, "x.yaml"), []byte("mine"), 0o644))
	require.NoError(t, os.WriteFile(filepath.Join(dir, "sub"), []byte("a file"), 0o644))
	require.NoError(t, os.Symlink(t.TempDir(), filepath.Join(dir, "link")))
	elsewhere := filepath.Join(t.TempDir(), "own.yaml")
	require.NoError(t, os.WriteFile(elsewhere, own("own.yaml", "elsewhere").Data, 0o644))
	require.NoError(t, os.Symlink(elsewhere, filepath.Join(dir, "linked.yaml")))
	for _, name := range []string{"x.yaml", "sub/y.yaml", "link/z.yaml", "linked.yaml"} {
		_, err := NewPlan(dir, []File{own(name, "")}, scope)
		assert.ErrorContains(t, err, "is in the way", name)
	}
}

// TestPlan_UndoesWhatFails makes a rename fail half way: someone has put a
// directory in the place of a file since the plan was made.
func TestPlan_UndoesWhatFails(t *testing.T) {
	dir := t.TempDir()
	require.NoError(t, plan(t, dir, own("a.yaml", "1"), own("z.yaml", "1")).Apply())
	p := plan(t, dir, own("a.yaml", "2"), own("b.yaml", "2"), own("z.yaml", "2"))
	require.NoError(t, os.Remove(filepath.Join(dir, "z.yaml")))
	require.NoError(t, os.MkdirAll(filepath.Join(dir, "z.yaml", "full"), 0o755))

	assert.ErrorContains(t, p.Apply(), "z.yaml")
	assert.Equal(t, header+ownerPrefix+spec+"\n1", read(t, dir, "a.yaml"))
	assert.NoFileExists(t, filepath.Join(dir, "b.yaml"))
	left, err := filepath.Glob(filepath.Join(dir, ".belay-*"))
	require.NoError(t, err)
	assert.Empty(t, left)
}
