package diag

import (
	"go/ast"
	"go/parser"
	"go/token"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// The groups are those of codes.go: each block of constants, under its comment.
func TestGroups_AreThoseOfTheSource(t *testing.T) {
	file, err := parser.ParseFile(token.NewFileSet(), "codes.go", nil, parser.ParseComments)
	require.NoError(t, err)
	var want []Group
	for _, d := range file.Decls {
		block, ok := d.(*ast.GenDecl)
		if !ok || block.Tok != token.CONST {
			continue
		}
		group := Group{Name: strings.TrimSuffix(strings.TrimSpace(block.Doc.Text()), ".")}
		for _, spec := range block.Specs {
			text, err := strconv.Unquote(spec.(*ast.ValueSpec).Values[0].(*ast.BasicLit).Value)
			require.NoError(t, err)
			group.Codes = append(group.Codes, Code(text))
		}
		want = append(want, group)
	}
	assert.Equal(t, want, Groups)

	var grouped []Code
	for _, g := range Groups {
		grouped = append(grouped, g.Codes...)
	}
	slices.Sort(grouped)
	assert.Equal(t, Codes(), grouped)
}
