package load

import (
	"path/filepath"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
)

func paths(units []*Unit) (names []string) {
	for _, u := range units {
		names = append(names, u.Path)
	}
	return names
}

func TestFind(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{
		"a/app.cue": "package a", "a/b/app.cue": "package b", "a/_c/app.cue": "package c", "a/.d/app.cue": "package d",
		"a/e/app_test.cue": "package e", "a/f/f_tool.cue": "package f", "a/g/x.yaml": "", "m/cue.mod/module.cue": "", "m/app.cue": "package m", "m/cue.mod/pkg/x.cue": "package x",
	})
	opts := Options{Dir: dir}
	for name, c := range map[string]struct {
		paths []string
		want  []string
	}{
		"everything below":           {[]string{"./..."}, []string{"a", "a/b"}},
		"below a module's root":      {[]string{"m/..."}, []string{"m"}},
		"a package once":             {[]string{"a", "./a", "a/..."}, []string{"a", "a/b"}},
		"a file beside its package":  {[]string{"a", "a/app.cue"}, []string{"a"}},
		"a file alone":               {[]string{"a/app.cue", "a/g/x.yaml"}, []string{"a/app.cue", "a/g/x.yaml"}},
		"standard input":             {[]string{"-"}, []string{"-"}},
		"an absolute path, relative": {[]string{filepath.Join(dir, "a")}, []string{"a"}},
	} {
		t.Run(name, func(t *testing.T) {
			units, err := FindUnits(c.paths, opts)
			require.NoError(t, err)
			assert.Equal(t, c.want, paths(units))
		})
	}
	for _, path := range []string{"nowhere", "a/g", "nowhere/..."} {
		_, err := FindUnits([]string{path}, opts)
		assert.Error(t, err, path)
	}
}

// TestLoad_WithoutCUE loads in a program that does not know CUE: what is in it
// is told, and the rest is read.
func TestLoad_WithoutCUE(t *testing.T) {
	dir := t.TempDir()
	golden.Write(t, dir, map[string]string{"p/app.cue": "package p\n", "app.cue": "apps: {}\n", "app.yaml": "apps: {}\n"})
	for path, want := range map[string]string{"p": "p/app.cue:1:1", "app.cue": "app.cue:1:1", "app.yaml": ""} {
		units, err := FindUnits([]string{path}, Options{Dir: dir})
		require.NoError(t, err)
		root, diags := units[0].Load()
		if want == "" {
			assert.Empty(t, diags)
			assert.NotNil(t, root)
			continue
		}
		require.Len(t, diags, 1)
		assert.Equal(t, diag.ReadFailed, diags[0].Code)
		assert.Equal(t, want, diags[0].At.String())
		assert.Empty(t, units[0].Tags())
	}
	assert.Equal(t, []string{"./..."}, Changed([]string{"p/app.cue"}, Options{Dir: dir}))
}

func TestLoad_YAMLPlaces(t *testing.T) {
	root, diags := parseYAML("f", []byte("žluť: {kůň: [a, 'b c', \"d\"]}\nref: &x\n  m: 0x1F\nagain: *x\n"))
	require.Empty(t, diags)
	list := root.Field("žluť").Field("kůň")
	assert.Equal(t, diag.Position{Line: 1, Column: 10}, list.Key.Start)
	assert.Equal(t, diag.Position{Line: 1, Column: 10 + len("kůň")}, list.Key.End)
	assert.Equal(t, diag.Range{File: "f", Start: diag.Position{Line: 1, Column: 21}, End: diag.Position{Line: 1, Column: 26}}, list.Children[1].At)
	assert.Equal(t, "31", root.Field("ref").Field("m").Text)
	assert.Equal(t, "f:4:8", root.Field("again").At.String(), "an alias is where it is used")
	assert.Equal(t, "f:3:3", root.Field("again").Field("m").Key.String())
}

func TestLoad_YAMLMerge(t *testing.T) {
	root, diags := parseYAML("f", []byte("a: &a {p: 1, q: 2}\nb: &b {q: 3, r: 4}\nc: {<<: [*a, *b], p: 5}\n"))
	require.Empty(t, diags)
	data, err := root.Field("c").MarshalJSON()
	require.NoError(t, err)
	assert.JSONEq(t, `{"p": 5, "q": 2, "r": 4}`, string(data))
}

func TestLoad_JSONPlaces(t *testing.T) {
	root, diags := parseJSON("f", []byte("{\n\t\"a\" : [ 1.50,\n  \"b\\n\" ]\n}"))
	require.Empty(t, diags)
	list := root.Field("a")
	assert.Equal(t, "f:2:2", list.Key.String())
	assert.Equal(t, "f:2:8", list.At.String())
	assert.Equal(t, "1.50", list.Children[0].Text)
	assert.Equal(t, diag.Range{File: "f", Start: diag.Position{Line: 3, Column: 3}, End: diag.Position{Line: 3, Column: 8}}, list.Children[1].At)
}

func TestGuess(t *testing.T) {
	for text, want := range map[string]language{
		`{"apps": {}}`:                         jsonLanguage,
		"{apps: web: {}}":                      cueLanguage,
		"apps:\n  web: {}\n":                   yamlLanguage,
		"---\napps: {}\n":                      yamlLanguage,
		"apps: web: image: \"x\"\n":            cueLanguage,
		"// a:\napps: web: {\n\tport: 80\n}\n": cueLanguage,
		"# a:\napps:\n- x\n":                   yamlLanguage,
		"":                                     cueLanguage,
	} {
		assert.Equal(t, want, guess([]byte(text)), text)
	}
}

func TestOptions_ReadStdin(t *testing.T) {
	asked := int64(0)
	stdin := func(limit int64) ([]byte, error) {
		asked = limit
		return []byte("apps: {}"), nil
	}
	data, err := Options{Stdin: stdin}.ReadStdin()
	require.NoError(t, err)
	assert.Equal(t, "apps: {}", string(data))
	assert.Greater(t, asked, int64(1<<40), "there is no limit")

	data, err = Options{Stdin: stdin, Limits: Limits{Input: 8}}.ReadStdin()
	require.NoError(t, err)
	assert.Equal(t, "apps: {}", string(data))
	assert.Equal(t, int64(8), asked)

	_, err = Options{Stdin: stdin, Limits: Limits{Input: 7}}.ReadStdin()
	assert.EqualError(t, err, "it is larger than 7 bytes")
	_, err = Options{}.ReadStdin()
	assert.EqualError(t, err, "no standard input")
}
