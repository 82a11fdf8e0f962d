package golden_test

import (
	"bytes"
	"go/ast"
	"go/parser"
	"go/token"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	_ "github.com/owenrumney/go-sarif/v3/pkg/report/v210/sarif" // whose source has the schema
	"github.com/santhosh-tekuri/jsonschema/v6"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
)

// TestCorpus_SARIFIsValid holds the logs of all fixtures to the schema of SARIF
// 2.1.0, which has no room for other fields.
func TestCorpus_SARIFIsValid(t *testing.T) {
	schema := sarifSchema(t)
	logs := map[string][]byte{"nothing": diag.SARIF{}.Print(nil)}
	for _, f := range fixtures(t) {
		opts := f.options(t)
		_, _, diags := f.compile(t)
		logs[f.Name] = diag.SARIF{Version: "1.2.3", Source: opts.Source}.Print(diags)
	}
	for name, log := range logs {
		value, err := jsonschema.UnmarshalJSON(bytes.NewReader(log))
		require.NoError(t, err, name)
		require.NoError(t, schema.Validate(value), name)
	}
}

// sarifSchema is the schema of OASIS, out of the source of go-sarif: its own
// Validate takes only logs that it made itself.
func sarifSchema(t *testing.T) *jsonschema.Schema {
	t.Helper()
	dir, err := exec.Command("go", "list", "-m", "-f", "{{.Dir}}", "github.com/owenrumney/go-sarif/v3").Output()
	require.NoError(t, err)
	file, err := parser.ParseFile(token.NewFileSet(), filepath.Join(strings.TrimSpace(string(dir)), "pkg/report/v210/sarif/schema.go"), nil, 0)
	require.NoError(t, err)
	literal := file.Decls[0].(*ast.GenDecl).Specs[0].(*ast.ValueSpec).Values[0].(*ast.BasicLit)
	text, err := strconv.Unquote(literal.Value)
	require.NoError(t, err)
	value, err := jsonschema.UnmarshalJSON(strings.NewReader(text))
	require.NoError(t, err)
	compiler := jsonschema.NewCompiler()
	compiler.AssertFormat()
	require.NoError(t, compiler.AddResource("sarif.json", value))
	schema, err := compiler.Compile("sarif.json")
	require.NoError(t, err)
	return schema
}
