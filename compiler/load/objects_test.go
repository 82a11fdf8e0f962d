package load

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const (
	routeText  = "apiVersion: serving.knative.dev/v1\nkind: Route\nmetadata: {name: web}\n"
	specText   = "apps:\n  web:\n    image: a\n"
	configText = "apiVersion: belay.sh/v1alpha1\nkind: App\nmetadata: {name: web}\n"
)

// written returns options for a directory with files.
func written(t *testing.T, files map[string]string) Options {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
		require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
	}
	return Options{Dir: dir}
}

func TestFindObjects_Files(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       bool
	}{
		"an object of Knative":          {"a.yaml", routeText, true},
		"an object of Istio":            {"a.yml", "apiVersion: security.istio.io/v1\nkind: PeerAuthentication\n", true},
		"in JSON":                       {"a.json", `{"apiVersion": "serving.knative.dev/v1", "kind": "Route"}`, true},
		"in a List":                     {"a.yaml", "apiVersion: v1\nkind: List\nitems:\n- {apiVersion: serving.knative.dev/v1, kind: Route}\n", true},
		"in the second document":        {"a.yaml", "apiVersion: v1\nkind: Secret\n---\n" + routeText, true},
		"with carriage returns":         {"a.yaml", "apiVersion: serving.knative.dev/v1\r\nkind: Route\r\n", true},
		"that can't be parsed":          {"a.yaml", "apiVersion: serving.knative.dev/v1\nkind: [\n", true},
		"an object of another's":        {"a.yaml", "apiVersion: apps/v1\nkind: Deployment\n", false},
		"a group that ends alike":       {"a.yaml", "apiVersion: notknative.dev/v1\nkind: Route\n", false},
		"a spec":                        {"a.yaml", specText, false},
		"a spec with an object in it":   {"a.yaml", specText + "    patches: [{kind: Route, merge: {apiVersion: serving.knative.dev/v1, kind: Route}}]\n", false},
		"a configuration of a function": {"a.yaml", configText, false},
		"one among objects":             {"a.yaml", configText + "---\napiVersion: v1\nkind: Secret\n", true},
		"CUE":                           {"a.cue", "apiVersion: \"serving.knative.dev/v1\"\nkind: \"Route\"\n", false},
		"nothing":                       {"a.yaml", "", false},
		"a byte that is not UTF-8":      {"a.yaml", "\xff" + routeText, false},
	} {
		t.Run(name, func(t *testing.T) {
			opts := written(t, map[string]string{c.file: c.text})
			set := FindObjects(c.file, opts)
			assert.Equal(t, c.want, set != nil)
			opts.Stdin = func(int64) ([]byte, error) { return []byte(c.text), nil }
			assert.Equal(t, c.want, FindObjects(Stdin, opts) != nil, "on standard input")
		})
	}
}

func TestFindObjects_Directories(t *testing.T) {
	for name, c := range map[string]struct {
		files map[string]string
		path  string
		want  []string // nil if the path does not name objects
	}{
		"a rendered directory":           {map[string]string{"out/kustomization.yaml": "resources: [shop/web.yaml]", "out/shop/web.yaml": routeText}, "out", []string{"out/shop/web.yaml"}},
		"beside other files":             {map[string]string{"out/a.yaml": routeText, "out/b.yaml": "apiVersion: v1\nkind: Secret\n", "out/README.md": "apiVersion: serving.knative.dev/v1"}, "out", []string{"out/a.yaml"}},
		"a policy with a word of a spec": {map[string]string{"out/a.yaml": routeText + "---\napiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nspec:\n  rules:\n  - from:\n    - source:\n        namespaces:\n        - jobs\n"}, "out", []string{"out/a.yaml"}},
		"the same, of one document":      {map[string]string{"out/a.yaml": "apiVersion: security.istio.io/v1\nkind: AuthorizationPolicy\nspec: {rules: [{from: [{source: {namespaces: [jobs]}}]}]}\n"}, "out", []string{"out/a.yaml"}},
		"two documents of a spec":        {map[string]string{"out/a.yaml": routeText, "out/spec.yaml": specText + "---\n" + specText}, "out", nil},
		"sorted":                         {map[string]string{"out/b.yaml": routeText, "out/a/z.yaml": routeText}, "out", []string{"out/a/z.yaml", "out/b.yaml"}},
		"hidden directories":             {map[string]string{"out/a.yaml": routeText, "out/.git/b.yaml": routeText, "out/node_modules/c.yaml": routeText, "out/_x/d.yaml": routeText, "out/.e.yaml": routeText}, "out", []string{"out/a.yaml"}},
		"a CUE package":                  {map[string]string{"out/a.yaml": routeText, "out/a.cue": "package a"}, "out", nil},
		"a CUE package below":            {map[string]string{"out/a.yaml": routeText, "out/x/a.cue": "package a"}, "out", nil},
		"a spec below":                   {map[string]string{"out/a.yaml": routeText, "out/x/spec.yaml": specText}, "out", nil},
		"everything below":               {map[string]string{"out/a.yaml": routeText}, "out/...", nil},
		"a directory without any":        {map[string]string{"out/a.yaml": "apiVersion: v1\nkind: Secret\n"}, "out", nil},
		"a path that is not there":       {nil, "out", nil},
	} {
		t.Run(name, func(t *testing.T) {
			set := FindObjects(c.path, written(t, c.files))
			if c.want == nil {
				assert.Nil(t, set)
				return
			}
			require.NotNil(t, set)
			var found []string
			for _, u := range set.Files {
				found = append(found, u.Path)
			}
			assert.Equal(t, c.want, found)
		})
	}
}

// TestFindObjects_Unread: what can't be read below a directory of objects might be an
// object as well.
func TestFindObjects_Unread(t *testing.T) {
	opts := written(t, map[string]string{"out/a.yaml": routeText, "out/z.yaml": strings.Repeat("# large\n", 100), "secret.yaml": routeText})
	require.NoError(t, os.Symlink("../secret.yaml", filepath.Join(opts.Dir, "out", "link.yaml")))
	require.NoError(t, os.Symlink("nowhere", filepath.Join(opts.Dir, "out", "broken.yaml")))
	opts.Limits.Input = 200
	root, err := os.OpenRoot(filepath.Join(opts.Dir, "out"))
	require.NoError(t, err)
	defer root.Close()
	opts.Root = root

	set := FindObjects("out", opts)
	require.NotNil(t, set)
	var found []string
	for _, d := range set.Unread {
		found = append(found, d.At.File+" "+string(d.Code))
	}
	assert.Equal(t, []string{"out/broken.yaml read-failed", "out/link.yaml outside-root", "out/z.yaml too-large"}, found)
	require.Len(t, set.Files, 1)
}

// TestFindObjects_Unparsable: what can't be parsed beside objects might be an object as
// well, and what belay rendered is one.
func TestFindObjects_Unparsable(t *testing.T) {
	for name, c := range map[string]struct {
		file, text string
		want       string // the only error
	}{
		"a NUL byte before an object": {"b.yaml", "\x00" + routeText, "out/b.yaml:1 syntax"},
		"UTF-16":                      {"b.yml", "\xff\xfea\x00p\x00i\x00", "out/b.yml:1 syntax"},
		"random bytes":                {"b.yaml", "a\n\x8a\x9f", "out/b.yaml:2 syntax"},
		"an open bracket":             {"b.yaml", "x: [\n", "out/b.yaml:1 syntax"},
		"JSON":                        {"sub/b.json", "{\"a\": ", "out/sub/b.json:1 syntax"},
		"the second document":         {"b.yaml", "a: b\n---\n}\n", "out/b.yaml:2 syntax"},
		"another's object":            {"b.yaml", "apiVersion: v1\nkind: Secret\n", ""},
		"values of another tool":      {"values.yaml", "a: no\nb: {c: 1}\n", ""},
		"a text":                      {"b.txt", "x: [\n", ""},
	} {
		t.Run(name, func(t *testing.T) {
			set := FindObjects("out", written(t, map[string]string{"out/a.yaml": routeText, "out/" + c.file: c.text}))
			require.NotNil(t, set)
			require.Len(t, set.Files, 1)
			if c.want == "" {
				assert.Empty(t, set.Unread)
				return
			}
			require.Len(t, set.Unread, 1)
			d := set.Unread[0]
			assert.Equal(t, c.want, fmt.Sprintf("%s:%d %s", d.At.File, d.At.Start.Line, d.Code))
		})
	}
	t.Run("what belay rendered, alone", func(t *testing.T) {
		set := FindObjects("out", written(t, map[string]string{"out/a.yaml": "# Code generated by belay. DO NOT EDIT.\nx: [\n"}))
		require.NotNil(t, set)
		require.Len(t, set.Files, 1)
		_, diags := set.Files[0].Objects()
		require.Len(t, diags, 1)
		assert.Equal(t, "syntax", string(diags[0].Code))
	})
}

func TestUnit_Objects(t *testing.T) {
	opts := written(t, map[string]string{"a.yaml": "# comment\n---\n" + routeText + "---\nnull\n---\napiVersion: v1\nkind: List\nitems:\n- " +
		"{apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: List, items: [{apiVersion: v1, kind: Secret, metadata: {name: b}}]}\n"})
	set := FindObjects("a.yaml", opts)
	require.NotNil(t, set)
	objects, diags := set.Files[0].Objects()
	require.Empty(t, diags)
	var found []string
	for _, o := range objects {
		found = append(found, o.Field("kind").Text+" "+o.Find("metadata", "name").Text)
	}
	assert.Equal(t, []string{"Route web", "Secret a", "Secret b"}, found)
	assert.Equal(t, 5, objects[0].Find("metadata", "name").At.Start.Line)
	assert.Equal(t, 12, objects[1].Find("metadata", "name").At.Start.Line)
}

// TestUnit_Objects_OfOtherTools: what other tools write without quotes is read as they
// mean it, with a warning where YAML 1.1 reads something else.
func TestUnit_Objects_OfOtherTools(t *testing.T) {
	set := FindObjects("a.yaml", written(t, map[string]string{"a.yaml": "apiVersion: serving.knative.dev/v1\nkind: Route\nmetadata: {annotations: {a: <<, b: =, c: no, no: d}}\n"}))
	require.NotNil(t, set)
	objects, diags := set.Files[0].Objects()
	assert.False(t, diags.HasErrors(), "%v", diags)
	assert.Len(t, diags, 3)
	annotations := objects[0].Find("metadata", "annotations")
	for key, want := range map[string]string{"a": "<<", "b": "=", "c": "no", "no": "d"} {
		assert.Equal(t, want, annotations.Field(key).Text)
	}
}

func TestUnit_Objects_Mistakes(t *testing.T) {
	for name, c := range map[string]struct {
		text string
		code string
		line int
	}{
		"a document without a kind":              {routeText + "---\na: b\n", "missing-field", 5},
		"an item without a kind":                 {routeText + "---\napiVersion: v1\nkind: List\nitems: [{a: b}]\n", "missing-field", 7},
		"an item of a typed list without a kind": {routeText + "---\napiVersion: serving.knative.dev/v1\nkind: RouteList\nitems: [{a: b}]\n", "missing-field", 7},
		"items that are a map":                   {routeText + "---\napiVersion: v1\nkind: List\nitems: {a: b}\n", "wrong-type", 7},
		"items that are a text":                  {routeText + "---\napiVersion: serving.knative.dev/v1\nkind: RouteList\nitems: abc\n", "wrong-type", 7},
		"items of a list in a list":              {routeText + "---\napiVersion: v1\nkind: List\nitems: [{apiVersion: v1, kind: List, items: 3}]\n", "wrong-type", 7},
		"a list in lower case":                   {routeText + "---\napiVersion: v1\nkind: list\nitems: [{a: b}]\n", "missing-field", 7},
		"a document that is a text":              {routeText + "---\nabc\n", "missing-field", 5},
		"a syntax error later":                   {routeText + "---\na: [\n", "syntax", 5},
		"a key twice":                            {routeText + "kind: Route\n", "duplicate-key", 4},
	} {
		t.Run(name, func(t *testing.T) {
			set := FindObjects("a.yaml", written(t, map[string]string{"a.yaml": c.text}))
			require.NotNil(t, set)
			_, diags := set.Files[0].Objects()
			require.Len(t, diags, 1)
			assert.Equal(t, c.code, string(diags[0].Code))
			assert.Equal(t, c.line, diags[0].At.Start.Line, diags[0].Message)
		})
	}
}
