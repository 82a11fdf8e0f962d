package argoplugin

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

const appText = `target: {knative: "1.20", istio: "1.28"}
namespaces: {team: {}}
apps:
  web: {image: "registry.example.com/web@sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"}
`

// written writes a file and returns its directory.
func written(t *testing.T, name, text string) string {
	t.Helper()
	dir := t.TempDir()
	require.NoError(t, os.WriteFile(filepath.Join(dir, name), []byte(text), 0o644))
	return dir
}

func TestRoot(t *testing.T) {
	for _, c := range []struct{ dir, sourcePath, want string }{
		{"/tmp/repo/apps/web", "apps/web", "/tmp/repo"},
		{"/tmp/repo/apps/web", "apps/web/", "/tmp/repo"},
		{"/tmp/repo/apps/web", "./apps/web", "/tmp/repo"},
		{"/tmp/repo", ".", "/tmp/repo"},
		{"/tmp/repo/web", "apps/web", "/tmp/repo"}, // a part of the repository
		{"/tmp/repo/web", "apps/api", "/tmp/repo/web"},
	} {
		assert.Equal(t, filepath.FromSlash(c.want), Root(filepath.FromSlash(c.dir), c.sourcePath), c)
	}
}

func TestGenerate(t *testing.T) {
	for name, c := range map[string]struct {
		parameters string
		namespace  string // the destination's
		has        []string
		hasNot     []string
		err        string
	}{
		"nothing set":               {"", "", []string{"kind: Service", "namespace: default", "kind: Namespace"}, nil, ""},
		"the destination":           {"", "team", []string{"namespace: team"}, []string{"namespace: default"}, ""},
		"the parameter goes before": {`[{"name": "namespace", "string": "own"}]`, "team", []string{"namespace: own"}, []string{"namespace: team"}, ""},
		"without shared objects":    {`[{"name": "shared", "string": "exclude"}]`, "", []string{"kind: Service"}, []string{"kind: Namespace"}, ""},
		"shared objects alone":      {`[{"name": "shared", "string": "only"}]`, "", []string{"kind: Namespace"}, []string{"kind: Service"}, ""},
		"a release":                 {`[{"name": "target-knative", "string": "1.0"}]`, "", []string{"kind: Service"}, nil, ""},
		"a target that no spec has": {`[{"name": "target", "string": "prod"}]`, "", nil, nil, "prod"},
		"a path that is not there":  {`[{"name": "path", "string": "nowhere"}]`, "", nil, nil, "nowhere: no such file or directory"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParseParameters(c.parameters)
			require.NoError(t, err)
			opts := compiler.Options{Options: load.Options{Dir: written(t, "spec.yaml", appText)}}
			opts.Namespace = c.namespace
			out, diags, err := Generate(t.Context(), p, opts, func(b ir.Bundle, _ map[ir.FileKey][]string) ir.Bundle { return b })
			if c.err != "" {
				require.Error(t, err)
				assert.Contains(t, err.Error(), c.err)
				assert.Empty(t, out)
				return
			}
			require.NoError(t, err)
			require.False(t, diags.HasErrors(), "%v", diags)
			for _, part := range c.has {
				assert.Contains(t, string(out), part)
			}
			for _, part := range c.hasNot {
				assert.NotContains(t, string(out), part)
			}
		})
	}
}

// TestGenerate_NeverEmpty: Argo CD deletes the objects of an Application whose output
// is empty.
func TestGenerate_NeverEmpty(t *testing.T) {
	for name, c := range map[string]struct{ spec, parameters, want string }{
		"a spec of nothing":        {"apps: {}\n", "", "the specs make no objects here; Argo CD would delete those that there are"},
		"no shared objects":        {strings.ReplaceAll(appText, "namespaces: {team: {}}\n", ""), `[{"name": "shared", "string": "only"}]`, "the specs declare no namespaces and no platform"},
		"nothing else":             {"namespaces: {team: {}}\n", `[{"name": "shared", "string": "exclude"}]`, "the specs make no objects here"},
		"an app that is not there": {appText, `[{"name": "app", "array": ["api"]}, {"name": "shared", "string": "exclude"}]`, "api"},
	} {
		t.Run(name, func(t *testing.T) {
			p, err := ParseParameters(c.parameters)
			require.NoError(t, err)
			opts := compiler.Options{Options: load.Options{Dir: written(t, "spec.yaml", c.spec)}}
			out, diags, err := Generate(t.Context(), p, opts, func(b ir.Bundle, _ map[ir.FileKey][]string) ir.Bundle { return b })
			assert.Empty(t, out)
			if diags.HasErrors() {
				assert.Contains(t, diags[0].Message, c.want)
				return
			}
			require.Error(t, err)
			assert.Contains(t, err.Error(), c.want)
		})
	}
}

func TestWarnings(t *testing.T) {
	many := diag.List{}
	for range maxWarnings + 3 {
		many.Add(diag.Diagnostic{Code: diag.TargetUnset, Message: "m"})
	}
	run := compiler.Run{Warnings: map[compiler.App]diag.List{
		{Namespace: "shop", Name: "web"}: {{Code: diag.UnrecordedRevision, Message: "a\x1b[31mb", At: diag.Range{File: "a.cue", Start: diag.Position{Line: 7}}}},
		{Namespace: "shop", Name: "api"}: many,
		{Namespace: "shop", Name: "max"}: many[:maxWarnings],
	}}
	found := warnings(run)
	web := found[ir.FileKey{Namespace: "shop", App: "web"}]
	require.Len(t, web, 1)
	assert.True(t, strings.HasPrefix(web[0], "unrecorded-revision: a"))
	assert.NotContains(t, web[0], "\x1b", "a terminal would execute it")
	assert.NotContains(t, web[0], "7", "a line that moves would change what is applied")
	api := found[ir.FileKey{Namespace: "shop", App: "api"}]
	assert.Len(t, api, maxWarnings+1)
	assert.Equal(t, "and 3 more", api[maxWarnings])
	assert.Len(t, found[ir.FileKey{Namespace: "shop", App: "max"}], maxWarnings)
}
