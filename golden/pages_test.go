package golden_test

import (
	"go/ast"
	"go/parser"
	"go/token"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
)

// unshown are the codes that no sample can show: they need a broken disk, a
// link, a changed cache, too much of something, objects, or a registry.
var unshown = slices.Concat([]diag.Code{diag.ReadFailed, diag.OutsideRoot, diag.ModuleMismatch}, unfired, dialled)

// dialled are the codes that only commands have: "belay pin" for what a registry
// answers, and for a target that nothing names.
// The scripts of the command show them.
var dialled = []diag.Code{diag.ImageNotFound, diag.UnusableImage, diag.MissingPlatform, diag.MovedTag, diag.DeletedDigest, diag.UnverifiedImage, diag.TargetUnset}

func TestPages_ScriptsShowWhatNeedsARegistry(t *testing.T) {
	scripts, err := filepath.Glob("../cmd/belay/testdata/script/pin*.txtar")
	require.NoError(t, err)
	var all strings.Builder
	for _, name := range scripts {
		text, err := os.ReadFile(name)
		require.NoError(t, err)
		all.Write(text)
	}
	for _, code := range dialled {
		assert.True(t, strings.Contains(all.String(), `\[`+string(code)+`\]`), "no script of belay pin has %s", code)
	}
}

func TestPages_EveryCodeHasOneAndNoOther(t *testing.T) {
	assert.Equal(t, declaredCodes(t), diag.Codes())
}

// declaredCodes are the constants of diag/codes.go, sorted.
func declaredCodes(t *testing.T) (codes []diag.Code) {
	t.Helper()
	file, err := parser.ParseFile(token.NewFileSet(), "../internal/diag/codes.go", nil, 0)
	require.NoError(t, err)
	ast.Inspect(file, func(n ast.Node) bool {
		if spec, ok := n.(*ast.ValueSpec); ok && len(spec.Values) == 1 {
			text, err := strconv.Unquote(spec.Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			codes = append(codes, diag.Code(text))
		}
		return true
	})
	slices.Sort(codes)
	return codes
}

// TestPages_SamplesDoWhatTheySay compiles the samples of every page: the bad
// one has the mistake, the good one has none.
func TestPages_SamplesDoWhatTheySay(t *testing.T) {
	for _, code := range diag.Codes() {
		t.Run(string(code), func(t *testing.T) {
			page, _ := diag.Page(code)
			for _, part := range []string{"# " + string(code) + "\n", "\n**Why**: ", "\n**Upstream**: "} {
				assert.Contains(t, page, part)
			}
			if slices.Contains(unshown, code) {
				return
			}
			bad := compileSample(t, pageSample(t, page, "Bad"), code)
			assert.Contains(t, codesOf(bad), code)
			good := compileSample(t, pageSample(t, page, "Good"), code)
			assert.False(t, good.HasErrors(), "the good sample: %s", diag.Text{}.Print(good))
			assert.NotContains(t, codesOf(good), code)
		})
	}
}

func pageSample(t *testing.T, page, title string) golden.Sample {
	t.Helper()
	s, err := golden.PageSample(page, title)
	require.NoError(t, err)
	return s
}

// compileSample compiles a sample as if it lay in a directory of its own.
// Images need no pins, unless pins are what the page is about.
func compileSample(t *testing.T, s golden.Sample, code diag.Code) diag.List {
	t.Helper()
	dir := t.TempDir()
	f := fixture{Fixture: golden.Fixture{Dir: dir, Paths: []string{"."}}}
	for name, text := range s.Files {
		if name == "ARGS" {
			f.Arguments(text)
			continue
		}
		writeFile(t, dir, name, text)
		if name == "app.yaml" && len(s.Files) == 1 {
			f.Paths = []string{name}
		}
	}
	opts := f.options(t)
	if code != diag.MissingPin {
		opts.MissingPins = diag.Warning
	}
	_, diags, err := compiler.CompileAll(t.Context(), f.Paths, opts)
	require.NoError(t, err)
	return diags
}

func writeFile(t *testing.T, dir, name, text string) {
	t.Helper()
	path := filepath.Join(dir, filepath.FromSlash(name))
	require.NoError(t, os.MkdirAll(filepath.Dir(path), 0o755))
	require.NoError(t, os.WriteFile(path, []byte(text), 0o644))
}

func codesOf(list diag.List) (codes []diag.Code) {
	for _, d := range list {
		codes = append(codes, d.Code)
	}
	return codes
}
