package golden_test

import (
	"context"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/golden/specgen"
	"github.com/belay-sh/belay/internal/diag"
)

// othersText is in every file that belongs to others.
const othersText = "text-of-another-tenant"

// A tenantTree is a directory with the repository of a tenant, beside files of
// others, to which links of every kind lead.
type tenantTree struct {
	dir  string // with everything
	root *os.Root
	tree specgen.Tree
}

// places are the directories of the repository that a package is tried in: they
// differ in the files that belay or CUE reads unasked.
var places = []string{".", ".", "plain", "linked-lock", "linked-module", "linked-parent/child"}

func newTenantTree(t testing.TB) *tenantTree {
	dir := t.TempDir()
	lib := "package lib\n\nS: \"" + othersText + "\"\n"
	golden.Write(t, dir, map[string]string{
		"secret.txt": othersText, "secret.yaml": "s: " + othersText, ".env": othersText,
		"belay.lock":                "version: 2\nimages:\n  registry.example.com/" + othersText + ":v1:\n    digest: sha256:" + strings.Repeat("a", 64) + "\n",
		"tenant/above.cue":          "package app\n\napps: [string]: env: ABOVE: \"" + othersText + "\"\n",
		"tenant/cue.mod/module.cue": "module: \"example.com/tenant@v0\"\nlanguage: version: \"v0.15.0\"\n",
		"other/lib/lib.cue":         lib, "other/lib.cue": lib, "other/module.cue": "module: \"example.com/" + othersText + "@v0\"\nlanguage: version: \"v0.15.0\"\n",
		"tenant/repo/cue.mod/module.cue": "module: \"example.com/app@v0\"\nlanguage: version: \"v0.15.0\"\n",
		"tenant/repo/own/own.cue":        "package own\n\nS: \"own\"\n",
		"tenant/repo/.git/config":        othersText, "tenant/repo/own/.git/x": "", "tenant/repo/.env": othersText,
		"tenant/repo/own.txt": "own", "tenant/repo/own/own.txt": "own", "tenant/repo/plain/own.txt": "own",
	})
	for from, to := range map[string]string{
		"out.txt": "../../secret.txt", "absolute.txt": filepath.Join(dir, "secret.txt"), "out": "../../other", "up": "../..", "self": ".", "tenant": "../../tenant/..",
		"chain.txt": "own/next.txt", "own/next.txt": "../out.txt", "own/.git/s.txt": "../../../../secret.txt", "hidden.txt": ".git/config",
		"own/.git/lib": "../../../../other/lib", "cue.mod/pkg/corp.example/lib": "../../../../../other/lib", "cue.mod/gen": "../../../other", "cue.mod/usr/corp.example/x": "../../../../../other",
		"proc": "/proc/self", "lib/lib.cue": "../../../other/lib.cue",
		"linked-lock/belay.lock": "../../../belay.lock", "linked-module/cue.mod/module.cue": "../../../../other/module.cue", "linked-parent/x.cue": "../../above.cue",
	} {
		link := filepath.Join(dir, "tenant/repo", from)
		require.NoError(t, os.MkdirAll(filepath.Dir(link), 0o755))
		require.NoError(t, os.Symlink(to, link))
	}
	for _, place := range places {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, "tenant/repo", place), 0o755))
	}
	var tree specgen.Tree
	for _, up := range []string{"", "own", "self", "up", "out", "tenant", "own/.git", "proc/cwd", "..", "../..", filepath.Join(dir, "tenant/repo")} {
		for _, name := range []string{"own.txt", "out.txt", "absolute.txt", "chain.txt", "hidden.txt", "secret.txt", "secret.yaml", ".env", ".git/config", "s.txt", "lib.cue", "above.cue", "belay.lock", "environ"} {
			tree.Files = append(tree.Files, strings.TrimPrefix(up+"/"+name, "/"))
		}
		tree.Globs = append(tree.Globs, strings.TrimPrefix(up+"/*", "/"), strings.TrimPrefix(up+"/*.txt", "/"), strings.TrimPrefix(up+"/*/*.cue", "/"))
	}
	tree.Files = append(tree.Files, filepath.Join(dir, "secret.txt"), "proc/environ", "/proc/self/environ", "/etc/hostname", "own.txt", "own/own.txt", "own.txt\x00", "..\\..\\secret.txt", "%2e%2e/secret.txt")
	for _, path := range []string{"own", "own", "own", "out/lib:lib", "up/other/lib", "own/.git/lib:lib", "lib", "self/own", "tenant/other/lib:lib", "proc/cwd/own", "out:lib"} {
		tree.Imports = append(tree.Imports, "example.com/app/"+path)
	}
	tree.Imports = append(tree.Imports, "corp.example/lib", "corp.example/x/lib:lib", "corp.example/x:lib", "example.com/tenant/repo/own", "lib", "../own", "strings", "tool/exec")
	root, err := os.OpenRoot(filepath.Join(dir, "tenant/repo"))
	require.NoError(t, err)
	t.Cleanup(func() { root.Close() })
	return &tenantTree{dir, root, tree}
}

// compile compiles a package in one of the places, confined to the repository.
func (w *tenantTree) compile(t require.TestingT, place, text string) (out string, diags diag.List) {
	dir := filepath.Join(w.root.Name(), place)
	file := filepath.Join(dir, "app.cue")
	require.NoError(t, os.WriteFile(file, []byte(text), 0o644))
	opts := compiler.Options{Options: load.Options{CUE: cuelang.Language{}, Dir: dir, Root: w.root}}
	m, diags, err := compiler.Compile(context.Background(), []string{"."}, opts)
	require.NoError(t, err)
	require.NoError(t, os.Remove(file))
	var all strings.Builder
	for _, o := range m.Objects {
		all.Write(o.JSON)
	}
	all.Write(diag.Text{Source: opts.Source}.Print(diags))
	return all.String(), diags
}

// TestHostileSpecs_ReadNothingOutside compiles packages that embed and import
// what is not theirs, in a repository whose links lead out of it, and watches
// the file system: nothing outside the repository is opened, and no text of
// others is in what comes out. fuzz.sh draws ten thousand.
func TestHostileSpecs_ReadNothingOutside(t *testing.T) {
	enough := fixDraws(t, 150)
	t.Setenv("OTHERS", othersText) // which /proc/self/environ has
	w := newTenantTree(t)
	opened := golden.WatchOpened(t, w.dir, "tenant/repo")
	tally := map[diag.Code]int{}
	rapid.Check(t, func(t *rapid.T) {
		reading := specgen.Readings(w.tree).Draw(t, "reading")
		out, diags := w.compile(t, rapid.SampledFrom(places).Draw(t, "place"), string(reading))
		assert.NotContains(t, out, othersText, string(reading))
		assert.Subset(t, []string{"tenant/repo"}, opened(), string(reading))
		for _, code := range slices.Compact(slices.Sorted(slices.Values(codesOf(diags)))) {
			tally[code]++
		}
		if !diags.HasErrors() {
			tally["emitted"]++
		}
	})
	t.Logf("specs by what came of them: %v", tally)
	for _, code := range []diag.Code{"emitted", diag.OutsideRoot, diag.HiddenFile, diag.NotPermitted} {
		assert.True(t, tally[code] > 0 || !enough, "no spec is %s", code)
	}
	_, err := os.ReadFile(filepath.Join(w.dir, "other/lib.cue"))
	require.NoError(t, err)
	assert.Equal(t, []string{"other/lib.cue"}, opened(), "the watch works")
}
