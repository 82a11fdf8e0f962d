// Package belay_test holds the house to its plan: which package imports which,
// and where each outside library lives.
package belay_test

import (
	"encoding/json"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

const module = "github.com/belay-sh/belay/"

// floors are the packages that a package may import, of this module. What is
// not listed may import none. A key and an element are patterns of path.Match: a
// package may import what any of its rows has.
var floors = map[string][]string{
	".":                        {"compiler", "compiler/check", "compiler/load", "compiler/load/cuelang", "internal/diag", "internal/fault", "internal/ir", "internal/pin", "render"},
	"cmd/belay":                {"internal/invocation", "internal/adapter/*", "internal/bundle", "compiler", "compiler/check", "compiler/load", "compiler/load/cuelang", "internal/diag", "internal/fault", "internal/frontend", "internal/gctuning", "internal/ir", "internal/krmcall", "internal/pin", "internal/pin/registry", "internal/relock", "render", "internal/rendered", "internal/sandbox", "internal/scaffold", "internal/spelling", "schema", "internal/target"},
	"cmd/belay-krm":            {"internal/frontend", "internal/sandbox", "internal/krmcall", "internal/gctuning", "internal/diag", "internal/fault"},
	"internal/krmcall":         {"internal/adapter/krm", "internal/frontend", "internal/sandbox", "compiler", "compiler/load", "internal/fault"},
	"internal/frontend":        {"internal/sandbox", "internal/gctuning", "compiler", "compiler/check", "compiler/load", "internal/diag", "schema", "internal/target"},
	"internal/sandbox":         {"compiler/load", "internal/diag", "internal/fault"},
	"internal/gctuning":        {},
	"internal/adapter/*":       {"internal/invocation", "internal/frontend", "compiler", "internal/bundle", "internal/diag", "internal/ir", "render", "schema", "internal/target"},
	"internal/adapter/krm":     {"internal/overlay", "internal/pin"},
	"internal/rendered":        {"internal/bundle", "compiler", "compiler/load", "internal/diag", "internal/ir", "internal/overlay", "render", "schema", "internal/target"},
	"internal/naming":          {},
	"internal/overlay":         {"compiler/admission", "compiler/meshpolicy", "deploy/kustomize", "internal/diag", "internal/ir", "internal/naming", "internal/objectmeta", "internal/pin", "schema", "internal/spelling", "internal/target"},
	"deploy/kustomize":         {},
	"docs/reference":           {},
	"internal/relock":          {"compiler", "compiler/load", "internal/diag", "internal/fault", "internal/ir", "internal/pin", "internal/target"},
	"internal/adapter/argocd":  {"internal/objectmeta"},
	"compiler":                 {"internal/bundle", "compiler/admission", "compiler/check", "compiler/conflicts", "compiler/load", "compiler/lower", "internal/diag", "internal/fault", "internal/ir", "internal/pin", "internal/policy", "internal/target"},
	"compiler/load":            {"internal/diag", "internal/ir", "schema"},
	"compiler/load/cuelang":    {"compiler/load", "internal/diag", "internal/ir", "schema"},
	"compiler/kubernetes":      {"internal/diag", "internal/reference"},
	"compiler/admission":       {"compiler/kubernetes", "internal/diag", "internal/objectmeta", "internal/target"},
	"compiler/check":           {"compiler/conflicts", "compiler/rules", "compiler/rules/cluster", "compiler/rules/mesh", "compiler/rules/pod", "compiler/rules/scaling", "compiler/rules/traffic", "internal/diag", "internal/fault", "internal/ir", "internal/reference", "internal/spelling", "schema", "internal/target"},
	"compiler/check/checktest": {"compiler/check", "compiler/load", "internal/diag", "internal/ir"},
	"compiler/conflicts":       {"compiler/rules", "compiler/rules/mesh", "internal/diag", "internal/ir", "schema", "internal/target"},
	"compiler/rules":           {"internal/diag", "internal/ir", "schema", "internal/target"},
	"compiler/rules/cluster":   {"compiler/rules", "internal/diag", "internal/ir", "internal/spelling", "schema", "internal/target"},
	"compiler/rules/mesh":      {"compiler/rules", "internal/diag", "internal/ir", "internal/spelling", "schema", "internal/target"},
	"compiler/rules/pod":       {"compiler/kubernetes", "compiler/rules", "internal/diag", "internal/ir", "internal/objectmeta", "schema", "internal/spelling", "internal/target"},
	"compiler/rules/scaling":   {"compiler/rules", "internal/diag", "internal/ir", "internal/target"},
	"compiler/rules/traffic":   {"compiler/rules", "internal/diag", "internal/ir", "internal/spelling", "schema", "internal/target"},
	"internal/scaffold":        {},
	"internal/spelling":        {},
	"compiler/lower/mesh":      {"compiler/fields", "internal/ir", "internal/naming", "internal/objectmeta", "schema", "internal/target"},
	"compiler/install":         {"compiler/fields", "compiler/admission", "internal/diag", "internal/ir", "internal/objectmeta", "schema", "internal/target"},
	"compiler/fields":          {"compiler/admission", "internal/diag", "internal/ir", "internal/objectmeta", "schema", "internal/target"},
	"compiler/meshpolicy":      {"compiler/admission", "internal/ir", "internal/objectmeta", "internal/target"},
	"compiler/lower/patch":     {"compiler/admission", "compiler/meshpolicy", "internal/diag", "internal/ir", "internal/pin", "internal/policy", "schema", "internal/target"},
	"compiler/lower":           {"compiler/admission", "compiler/fields", "compiler/install", "compiler/lower/mesh", "compiler/lower/patch", "compiler/meshpolicy", "internal/diag", "internal/ir", "internal/naming", "internal/objectmeta", "internal/pin", "internal/policy", "schema"},
	"internal/policy":          {"internal/diag", "internal/ir", "internal/objectmeta", "internal/reference", "schema", "internal/target"},
	"internal/pin":             {"internal/diag", "internal/ir", "internal/naming", "internal/reference", "schema", "internal/target"},
	"internal/pin/registry":    {"internal/diag", "internal/fault", "internal/ir", "internal/pin"},
	"internal/bundle":          {"compiler/conflicts", "internal/diag", "internal/ir", "schema", "internal/target"},
	"internal/reference":       {"internal/diag"},
	"render":                   {"internal/bundle", "internal/diag", "internal/fault", "internal/ir"},
	"internal/ir":              {"internal/diag", "internal/objectmeta", "schema", "internal/target"},
	"internal/diag":            {},
	"internal/fault":           {},
	"internal/invocation":      {"compiler/load", "internal/diag"},
	"internal/objectmeta":      {},
	"schema":                   {},
	"internal/target":          {"internal/objectmeta"},
	"golden":                   {},
	"recipes":                  {},
	"golden/admission":         {"golden/modules", "internal/target"},
	"golden/modules":           {},
	"golden/specgen":           {"internal/diag", "internal/ir", "schema", "internal/target"},
}

// homes are the packages that an outside library may be imported from, by the
// beginning of its path.
var homes = map[string][]string{
	"cuelang.org/go":                         {"compiler/load/cuelang"},
	"knative.dev/":                           {"compiler/fields", "compiler/admission", "compiler/lower"},
	"istio.io/":                              {"compiler/fields", "compiler/admission", "compiler/install", "compiler/meshpolicy", "compiler/lower/mesh"},
	"google.golang.org/protobuf":             {"compiler/fields", "compiler/admission", "compiler/meshpolicy", "compiler/lower/mesh"},
	"github.com/golang/protobuf":             {"compiler/admission"},
	"k8s.io/":                                {"compiler/fields", "compiler/admission", "compiler/kubernetes", "compiler/install", "compiler/lower", "compiler/lower/patch", "compiler/meshpolicy", "golden/admission", "internal/target"},
	"github.com/go-json-experiment/json":     {"compiler/fields", "compiler/admission", "compiler/check", "compiler/kubernetes", "compiler/rules/scaling", "compiler/rules/traffic", "compiler/install", "compiler/lower", "compiler/lower/patch", "compiler/meshpolicy", "internal/ir", "internal/policy", "render", "schema"},
	"github.com/evanphx/json-patch":          {"compiler/lower/patch"},
	"sigs.k8s.io/kustomize/kyaml":            {"internal/adapter/krm", "internal/overlay", "internal/rendered", "compiler/lower/patch"},
	"sigs.k8s.io/yaml":                       {"compiler/install", "compiler/lower/patch", "internal/pin", "internal/target"},
	"go.yaml.in/yaml/v3":                     {"internal/adapter/snapshot", "compiler/load", "render"},
	"github.com/google/go-containerregistry": {"internal/pin/registry", "internal/reference"},
	"github.com/docker/":                     {"internal/pin/registry"},
	"github.com/cenkalti/backoff":            {"internal/pin/registry"},
	"github.com/schollz/progressbar":         {"cmd/belay"},
	"github.com/agnivade/levenshtein":        {"internal/spelling"},
	"github.com/rogpeppe/go-internal":        {"cmd/belay", "golden", "render"},
	"github.com/spf13/cobra":                 {"cmd/belay"},
	"github.com/spf13/pflag":                 {"cmd/belay", "cmd/belay-krm", "internal/frontend", "golden"},
	"github.com/stretchr/testify":            {"compiler/check/checktest"},
	"pgregory.net/rapid":                     {"golden/specgen"},
	"golang.org/x/sync":                      {"compiler", "internal/pin/registry", "internal/relock", "render"},
	"golang.org/x/sys":                       {"golden"},
}

type pkg struct {
	Dir        string
	GoFiles    []string
	ImportPath string
	Imports    []string
	Standard   bool
}

// folder returns the directory of a package in the module; "." for the root.
func folder(p pkg) string {
	if p.ImportPath == strings.TrimSuffix(module, "/") {
		return "."
	}
	return strings.TrimPrefix(p.ImportPath, module)
}

// packages lists the packages of the module, without tests.
func packages(t *testing.T) (all []pkg) {
	t.Helper()
	out, err := exec.Command("go", "list", "-json=Dir,GoFiles,ImportPath,Imports", "./...").Output()
	require.NoError(t, err)
	dec := json.NewDecoder(strings.NewReader(string(out)))
	for dec.More() {
		var p pkg
		require.NoError(t, dec.Decode(&p))
		all = append(all, p)
	}
	require.NotEmpty(t, all)
	return all
}

func TestHouse_ImportsGoDown(t *testing.T) {
	for _, p := range packages(t) {
		name := folder(p)
		rows := rowsOf(name)
		assert.NotEmpty(t, rows, "%s is not in the plan of the house", name)
		allowed := slices.Concat(rows...)
		for _, i := range p.Imports {
			if inner, ok := strings.CutPrefix(i, module); ok {
				assert.True(t, slices.ContainsFunc(allowed, func(pattern string) bool { return matches(pattern, inner) }), "%s imports %s", name, inner)
			}
		}
	}
}

// rowsOf returns what the rows of a package permit it to import.
func rowsOf(name string) (rows [][]string) {
	for pattern, allowed := range floors {
		if matches(pattern, name) {
			rows = append(rows, allowed)
		}
	}
	return rows
}

func matches(pattern, name string) bool {
	ok, err := path.Match(pattern, name)
	return ok && err == nil
}

// TestHouse_RowsAreUsed requires each row, and each package in it, to be there.
func TestHouse_RowsAreUsed(t *testing.T) {
	var names []string
	for _, p := range packages(t) {
		names = append(names, folder(p))
	}
	for row, allowed := range floors {
		for _, pattern := range append([]string{row}, allowed...) {
			assert.True(t, slices.ContainsFunc(names, func(name string) bool { return matches(pattern, name) }), "there is no package %s, in the row of %s", pattern, row)
		}
	}
}

// TestHouse_FunctionStartsWithoutCUE holds belay-krm to what it is for.
func TestHouse_FunctionStartsWithoutCUE(t *testing.T) {
	out, err := exec.Command("go", "list", "-deps", "./cmd/belay-krm").Output()
	require.NoError(t, err)
	assert.Contains(t, string(out), "knative.dev/serving")
	for _, heavy := range []string{"cuelang.org/go", "github.com/spf13/cobra", "github.com/google/go-containerregistry/pkg/v1"} {
		assert.NotContains(t, string(out), heavy)
	}
}

func TestHouse_LibrariesStayAtHome(t *testing.T) {
	for _, p := range packages(t) {
		name := folder(p)
		for _, i := range p.Imports {
			first, _, _ := strings.Cut(i, "/")
			if strings.HasPrefix(i, strings.TrimSuffix(module, "/")) || !strings.Contains(first, ".") {
				continue
			}
			prefix := home(i)
			require.NotEmpty(t, prefix, "%s, imported by %s, has no home", i, name)
			assert.True(t, slices.Contains(homes[prefix], name), "%s imports %s, whose home is %s", name, i, homes[prefix])
		}
	}
}

func home(imported string) (longest string) {
	for prefix := range homes {
		if strings.HasPrefix(imported, prefix) && len(prefix) > len(longest) {
			longest = prefix
		}
	}
	return longest
}

// TestHouse_GoroutinesReportFaults holds every goroutine to report a panic as a
// fault: what is started begins with "defer fault.Exit()".
func TestHouse_GoroutinesReportFaults(t *testing.T) {
	started := 0
	for _, p := range packages(t) {
		if strings.HasPrefix(p.ImportPath, module+"golden") {
			continue // of tests only
		}
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				body, ok := goroutine(n)
				if ok {
					started++
					assert.True(t, reportsFaults(body), "%s", files.Position(n.Pos()))
				}
				return true
			})
		}
	}
	assert.Greater(t, started, 5)
}

// goroutine returns what a node starts as a goroutine, if it starts one: by a
// go statement, or by the method Go of a group. It is nil if that is not
// written there.
func goroutine(n ast.Node) (body *ast.BlockStmt, ok bool) {
	var f ast.Expr
	switch n := n.(type) {
	case *ast.GoStmt:
		f = n.Call.Fun
	case *ast.CallExpr:
		if s, isMethod := n.Fun.(*ast.SelectorExpr); !isMethod || s.Sel.Name != "Go" || len(n.Args) != 1 {
			return nil, false
		}
		f = n.Args[0]
	default:
		return nil, false
	}
	if literal, isLiteral := f.(*ast.FuncLit); isLiteral {
		return literal.Body, true
	}
	return nil, true
}

func reportsFaults(body *ast.BlockStmt) bool {
	if body == nil || len(body.List) == 0 {
		return false
	}
	first, ok := body.List[0].(*ast.DeferStmt)
	if !ok {
		return false
	}
	s, ok := first.Call.Fun.(*ast.SelectorExpr)
	if !ok {
		return false
	}
	if s.Sel.Name == "Keep" {
		return true // of a fault.Panics, for the goroutine that waits
	}
	from, ok := s.X.(*ast.Ident)
	return ok && from.Name == "fault" && s.Sel.Name == "Exit"
}

// TestHouse_CompilesNoPatternAtStart fails for a regular expression that is
// compiled before main begins: every start of the program would wait for it,
// whether it is used or not.
func TestHouse_CompilesNoPatternAtStart(t *testing.T) {
	lazy := 0
	for _, p := range packages(t) {
		if strings.HasPrefix(p.ImportPath, module+"golden") || strings.HasPrefix(p.ImportPath, module+"docs") {
			continue // not in the program
		}
		for _, name := range p.GoFiles {
			files := token.NewFileSet()
			file, err := parser.ParseFile(files, filepath.Join(p.Dir, name), nil, 0)
			require.NoError(t, err)
			ast.Inspect(file, func(n ast.Node) bool {
				switch n := n.(type) {
				case *ast.FuncDecl:
					return false
				case *ast.FuncLit:
					lazy++
					return false
				case *ast.SelectorExpr:
					from, ok := n.X.(*ast.Ident)
					assert.False(t, ok && from.Name == "regexp" && strings.HasSuffix(n.Sel.Name, "Compile"), "%s: use sync.OnceValue", files.Position(n.Pos()))
				}
				return true
			})
		}
	}
	assert.Greater(t, lazy, 5)
}
