package main

import (
	"flag"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// carryOut is set by make recipes.
var carryOut = flag.Bool("carry-out", false, "carry out each recipe in a copy of the working tree, which takes minutes")

// A recipe is one of those in ARCHITECTURE.md, with a change made by it: the file
// <name>.patch. To refresh a patch that no longer applies, apply it by hand
// ("patch -p1 <recipes/field.patch"), repair it, add its new files ("git add -N"), and
// write it again with little context, so that changes beside it leave it alone:
//
//	git diff -U1 -- FILE... | sed '/^index /d' >recipes/field.patch
type recipe struct {
	name     string
	generate [][]string          // the commands after which everything is generated
	tests    [][]string          // arguments of go test, which then pass
	missed   map[string][]string // for each file: arguments of go test or go build that fail if it is left out
}

var (
	tables = []string{"generate", "./schema", "./internal/diag", "./docs/reference"}
	cases  = []string{"test", "./golden", "-run", "^TestCorpus$", "-update"}
	build  = []string{"build", "./..."}
)

// test returns the arguments that run one test of a package.
func test(pkg, name string) []string { return []string{"test", pkg, "-run", "^" + name + "$"} }

// corpus are tests that look at every fixture or at every page, without those that
// run other programs on all of them.
var corpus = []string{"test", "./golden", "-run", "^(TestCorpus|TestCorpus_(CRDs|Diagnostics|Every).*|TestPages_.*|TestPolicy_Corpus)$"}

var recipes = []recipe{
	{
		name: "field", generate: [][]string{tables, cases},
		tests: [][]string{{"test", ".", "./schema", "./compiler/fields", "./compiler/lower/...", "./internal/target"}, corpus},
		missed: map[string][]string{
			"schema/app.cue":              test("./schema", "TestTable_MatchesTheGoTypes"),
			"schema/app.go":               build,
			"compiler/fields/metadata.go": test("./compiler/fields", "TestRows_EveryFieldHasOne"),
			"internal/target/metadata.go": test("./compiler/fields", "TestRoundTrip_Random"),
		},
	},
	{
		name: "kind", generate: [][]string{tables, cases},
		tests: [][]string{{"test", ".", "./compiler/admission", "./compiler/lower/...", "./internal/policy"}, corpus},
		missed: map[string][]string{
			"compiler/lower/mesh/workloadentry.go": build,
			"compiler/lower/lower.go":              test("./compiler/lower", "TestKinds_OfTheMeshAreAllBuilt"),
			"compiler/lower/kinds_test.go":         test("./compiler/lower", "TestKinds_OfTheMeshAreJudged"),
			"compiler/admission/networking.go":     test("./compiler/lower", "TestKinds_AreThoseOfAdmission"),
		},
	},
	{
		name: "frontend", generate: [][]string{tables},
		tests: [][]string{{"test", "."}, test("./golden", "TestFrontEnds_AreAllCompared"), test("./golden", "TestFrontEnds_EmitSameObjects/^(hello-split|mesh-features|mesh-separate)")},
		missed: map[string][]string{
			"internal/adapter/jsonlist/jsonlist.go": build,
			"cmd/belay/jsonlist.go":                 build,
			"cmd/belay/main.go":                     test("./golden", "TestFrontEnds_EmitSameObjects/^hello-split"),
			"golden/frontends_test.go":              test("./golden", "TestFrontEnds_AreAllCompared"),
		},
	},
	{
		name: "diagnostic", generate: [][]string{tables, cases},
		tests: [][]string{{"test", ".", "./internal/diag", "./compiler/check", "./compiler/rules/..."}, corpus},
		missed: map[string][]string{
			"internal/diag/codes.go":                 build,
			"internal/diag/pages/same-capability.md": test("./golden", "TestPages_EveryCodeHasOneAndNoOther"),
			"compiler/rules/pod/passedon.go":         test("./golden", "TestPages_SamplesDoWhatTheySay"),
			"fixtures/bad/same-capability/app.cue":   test("./golden", "TestCorpus_EveryCodeHasAFixture"),
		},
	},
}

// TestRecipes_Apply applies the patches, and counts the files that they change by
// hand.
func TestRecipes_Apply(t *testing.T) {
	for _, r := range recipes {
		t.Run(r.name, func(t *testing.T) {
			files := byHand(r.files(t), func(string) string { return "" })
			assert.LessOrEqual(t, len(files), limits[r.name], "%v", files)
			for _, name := range files {
				assert.Contains(t, r.missed, name, "which test fails if it is left out?")
			}
			check := exec.Command("git", "apply", "--check", r.path(t))
			check.Dir = ".."
			out, err := check.CombinedOutput()
			assert.NoError(t, err, "the comment of recipe says how to refresh %s.patch:\n%s", r.name, out)
		})
	}
}

// TestRecipes carries out the recipes: what they list is enough for the tests to
// pass, and a test fails for each file of the list that is left out.
func TestRecipes(t *testing.T) {
	if !*carryOut {
		t.Skip("make recipes carries out the recipes")
	}
	copied := newWorkingCopy(t)
	for _, r := range recipes {
		t.Run(r.name, func(t *testing.T) {
			if !t.Run("complete", func(t *testing.T) { copied.of(t).completes(r) }) {
				return // what then fails does not fail for a file that is left out
			}
			for name, args := range r.missed {
				t.Run("without "+name, func(t *testing.T) { copied.of(t).misses(r, name, args) })
			}
		})
	}
}

// path returns the path of a recipe's patch.
func (r recipe) path(t *testing.T) string {
	t.Helper()
	path, err := filepath.Abs(r.name + ".patch")
	require.NoError(t, err)
	return path
}

// files returns the files that a recipe's patch changes.
func (r recipe) files(t *testing.T) (names []string) {
	t.Helper()
	text, err := os.ReadFile(r.path(t))
	require.NoError(t, err)
	for _, m := range regexp.MustCompile(`(?m)^diff --git a/(\S+) `).FindAllStringSubmatch(string(text), -1) {
		names = append(names, m[1])
	}
	require.NotEmpty(t, names)
	return names
}

// A workingCopy is a copy of the working tree, in a repository of its own with one
// commit.
type workingCopy struct {
	t   *testing.T
	dir string
	env []string
}

func newWorkingCopy(t *testing.T) *workingCopy {
	t.Helper()
	w := &workingCopy{t: t, dir: filepath.Join(t.TempDir(), "belay"), env: os.Environ()}
	require.NoError(t, os.Mkdir(w.dir, 0o755))
	// The programs that tests build go to a cache that is removed; compiled
	// packages are shared with the working tree, which takes -trimpath.
	cache, err := exec.Command("go", "env", "GOCACHE").Output()
	require.NoError(t, err)
	w.env = append(w.env, "XDG_CACHE_HOME="+t.TempDir(), "GOCACHE="+strings.TrimSpace(string(cache)), "GOFLAGS=-trimpath",
		"GIT_AUTHOR_NAME=t", "GIT_AUTHOR_EMAIL=t@example.com", "GIT_COMMITTER_NAME=t", "GIT_COMMITTER_EMAIL=t@example.com")
	list := exec.Command("git", "ls-files", "-z", "--cached", "--others", "--exclude-standard")
	list.Dir = ".."
	names, err := list.Output()
	require.NoError(t, err)
	for _, name := range strings.Split(strings.TrimSuffix(string(names), "\x00"), "\x00") {
		w.copy(name)
	}
	for _, args := range [][]string{{"init", "-q"}, {"add", "-A", "-f"}, {"commit", "-q", "-m", "all"}} {
		out, err := w.run("git", args...)
		require.NoError(t, err, "%s", out)
	}
	return w
}

// copy copies a file of the working tree, or a link, unless it is removed there.
func (w *workingCopy) copy(name string) {
	from, to := filepath.Join("..", name), filepath.Join(w.dir, name)
	info, err := os.Lstat(from)
	if os.IsNotExist(err) {
		return
	}
	require.NoError(w.t, err)
	require.NoError(w.t, os.MkdirAll(filepath.Dir(to), 0o755))
	if info.Mode()&os.ModeSymlink != 0 {
		target, err := os.Readlink(from)
		require.NoError(w.t, err)
		require.NoError(w.t, os.Symlink(target, to))
		return
	}
	data, err := os.ReadFile(from)
	require.NoError(w.t, err)
	require.NoError(w.t, os.WriteFile(to, data, info.Mode().Perm()))
}

// of returns the copy for another test, as it was at first.
func (w *workingCopy) of(t *testing.T) *workingCopy {
	t.Helper()
	fresh := &workingCopy{t: t, dir: w.dir, env: w.env}
	for _, args := range [][]string{{"reset", "-q", "--hard"}, {"clean", "-qfdx"}} {
		out, err := fresh.run("git", args...)
		require.NoError(t, err, "%s", out)
	}
	return fresh
}

// run runs a program in the copy, and returns what it prints.
func (w *workingCopy) run(program string, args ...string) (string, error) {
	cmd := exec.Command(program, args...)
	cmd.Dir, cmd.Env = w.dir, w.env
	out, err := cmd.CombinedOutput()
	return string(out), err
}

// apply applies the patch of a recipe, without one file unless that is "".
func (w *workingCopy) apply(r recipe, without string) {
	w.t.Helper()
	args := []string{"apply", "--index"}
	if without != "" {
		args = append(args, "--exclude="+without)
	}
	out, err := w.run("git", append(args, r.path(w.t))...)
	require.NoError(w.t, err, "%s", out)
}

// onlyGenerated requires that the commands of a recipe have changed no file that
// would have to be changed by hand.
func (w *workingCopy) onlyGenerated(r recipe) {
	w.t.Helper()
	out, err := w.run("git", "status", "--porcelain", "-uall", "--no-renames")
	require.NoError(w.t, err, out)
	var changed []string
	for line := range strings.Lines(out) {
		changed = append(changed, strings.TrimSpace(line[3:]))
	}
	counted := byHand(changed, func(name string) string {
		text, err := os.ReadFile(filepath.Join(w.dir, name))
		assert.NoError(w.t, err)
		line, _, _ := strings.Cut(string(text), "\n")
		return line
	})
	slices.Sort(counted)
	want := byHand(r.files(w.t), func(string) string { return "" })
	slices.Sort(want)
	assert.Equal(w.t, want, counted, "files changed by hand")
}

// completes carries out a recipe, and requires its tests to pass.
func (w *workingCopy) completes(r recipe) {
	w.apply(r, "")
	for _, args := range slices.Concat(r.generate, r.tests) {
		out, err := w.run("go", args...)
		require.NoError(w.t, err, "go %s\n%s", strings.Join(args, " "), out)
	}
	w.onlyGenerated(r)
}

// misses carries out a recipe without one of its files, and requires a test or the
// build to fail for it.
func (w *workingCopy) misses(r recipe, without string, args []string) {
	w.apply(r, without)
	var out string
	var err error
	for _, step := range append(slices.Clone(r.generate), args) {
		if out, err = w.run("go", step...); err != nil {
			break // what is generated may be of a build that fails
		}
	}
	require.Error(w.t, err, "nothing fails without %s", without)
	assert.Regexp(w.t, `(?m)^(--- FAIL: |FAIL\s.*\[build failed\]|.*\.go:\d+:\d+: )`, out)
}
