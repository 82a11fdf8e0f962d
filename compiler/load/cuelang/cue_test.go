package cuelang

import (
	"maps"
	"path/filepath"
	"slices"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// loadFiles reads a unit of files in a directory of their own.
func loadFiles(t *testing.T, files map[string]string, path string, tags ...string) (*ir.Node, diag.List) {
	t.Helper()
	dir := t.TempDir()
	golden.Write(t, dir, files)
	units, err := load.FindUnits([]string{path}, load.Options{CUE: Language{}, Dir: dir, Tags: tags})
	require.NoError(t, err)
	require.Len(t, units, 1)
	return units[0].Load()
}

// dump lists the values of a tree, by path, with their places.
func dump(n *ir.Node) map[string]string {
	out := map[string]string{}
	var walk func(*ir.Node)
	walk = func(n *ir.Node) {
		if len(n.Children) == 0 {
			out[n.Path()] = n.Text + " " + n.Key.String() + " " + n.At.String()
		}
		for _, c := range n.Children {
			walk(c)
		}
	}
	walk(n)
	return out
}

// TestLoad_FastPathEqualsCueLoad loads packages the fast way and through cue/load: a
// comment that looks like an attribute's use makes the difference, nothing else.
func TestLoad_FastPathEqualsCueLoad(t *testing.T) {
	module := map[string]string{"cue.mod/module.cue": "module: \"example.com/x\"\nlanguage: version: \"v0.15.0\"\n"}
	for name, files := range map[string]map[string]string{
		"one file":       {"p/app.cue": "package p\n\napps: web: {image: \"x\", port: 80, args: [\"a\", \"b\"]}\n"},
		"several files":  {"p/app.cue": "package p\n\napps: web: _base & {image: \"x\"}\n", "p/base.cue": "package p\n\n_base: {port: 80, env: A: \"a\"}\n"},
		"parents":        {"base.cue": "package p\n\napps: [string]: port: *80 | int\n", "p/app.cue": "package p\n\napps: web: image: \"x\"\n"},
		"no package":     {"p/app.cue": "apps: web: image: \"x\"\n"},
		"comprehensions": {"p/app.cue": "package p\n\nimport \"strings\"\n\napps: {for n in [\"a\", \"b\"] {(n): image: strings.ToUpper(n)}}\n"},
		"twice the same": {"p/app.cue": "package p\n\napps: web: image: \"x\"\napps: web: image: \"x\"\napps: web: port: 80\n"},
		"tests left out": {"p/app.cue": "package p\n\napps: web: image: \"x\"\n", "p/app_test.cue": "package p\n\napps: web: image: \"y\"\n", "p/x_tool.cue": "package p\n\nimport \"tool/cli\"\n\ncommand: x: cli.Print\n"},
		"definitions":    {"p/app.cue": "package p\n\n#Base: {image: string, port: int | *80}\n\napps: web: #Base & {image: \"x\"}\n"},
	} {
		t.Run(name, func(t *testing.T) {
			all := maps.Clone(module)
			maps.Copy(all, files)
			fast, diags := loadFiles(t, all, "./p")
			require.Empty(t, diags)
			slow := maps.Clone(all)
			slow["p/zz.cue"] = "package p\n\n_unused: string | *\"\" @tag(unused)\n"
			if name == "no package" {
				slow["p/zz.cue"] = "_unused: string | *\"\" @tag(unused)\n"
			}
			through, diags := loadFiles(t, slow, "./p")
			require.Empty(t, diags)
			assert.Equal(t, dump(fast), dump(through))
		})
	}
}

func TestLoad_Places(t *testing.T) {
	root, diags := loadFiles(t, map[string]string{"app.cue": "package p\n\n_base: env: A: \"a\"\n\napps: [string]: port: 80\napps: web: _base & {\n\timage: \"x\"\n\tenv: B: \"žluť\" // c\n}\n"}, ".")
	require.Empty(t, diags)
	for path, want := range map[string][2]string{
		"image": {"app.cue:7:2", "app.cue:7:9"},
		"port":  {"app.cue:5:17", "app.cue:5:23"},
	} {
		n := root.Find("apps", "web", path)
		assert.Equal(t, want, [2]string{n.Key.String(), n.At.String()}, path)
	}
	assert.Equal(t, "app.cue:3:16", root.Find("apps", "web", "env", "A").At.String())
	b := root.Find("apps", "web", "env", "B").At
	assert.Equal(t, diag.Position{Line: 8, Column: 10}, b.Start)
	assert.Equal(t, diag.Position{Line: 8, Column: 10 + len(`"žluť"`)}, b.End)
	assert.Equal(t, "app.cue:6:7", root.Find("apps", "web").Key.String(), "the last place that names it")
}

// FuzzLoad feeds bytes to the reader of each language. Whatever they are,
// there is a tree or a diagnostic, places lie in the file, and a second time
// gives the same.
func FuzzLoad(f *testing.F) {
	golden.Seeds(f, "../../../fixtures", func(name string, data []byte) { f.Add(filepath.Ext(name), data) })
	f.Fuzz(func(t *testing.T, ext string, data []byte) {
		if !slices.Contains([]string{".cue", ".yaml", ".json"}, ext) || len(data) > 1<<16 {
			return
		}
		first, diags := loadBytes(t, ext, data)
		again, diagsAgain := loadBytes(t, ext, data)
		assert.Equal(t, first, again)
		assert.Equal(t, diags, diagsAgain)
	})
}

func loadBytes(t *testing.T, ext string, data []byte) (string, diag.List) {
	name := filepath.Join("/nowhere", "app"+ext)
	units, err := load.FindUnits([]string{name}, load.Options{CUE: Language{}, Dir: "/nowhere", Files: map[string][]byte{name: data}})
	require.NoError(t, err)
	root, diags := units[0].Load()
	for _, d := range diags {
		assert.Positive(t, d.At.Start.Line, d.Message)
	}
	if root == nil {
		assert.NotEmpty(t, diags)
		return "", diags
	}
	text, err := root.MarshalJSON()
	require.NoError(t, err)
	return string(text), diags
}
