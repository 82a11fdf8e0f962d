package diag_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/diag"
)

// Errors go before warnings, and what is listed stays in its order.
func TestList_First(t *testing.T) {
	at := func(line int, s diag.Severity) diag.Diagnostic {
		return diag.Diagnostic{Code: diag.UnknownField, Severity: s, At: diag.Range{File: "a", Start: diag.Position{Line: line, Column: 1}}}
	}
	all := diag.List{at(1, diag.Warning), at(2, diag.Error), at(3, diag.Error), at(4, diag.Note), at(5, diag.Error)}
	lines := func(list diag.List) (out []int) {
		for _, d := range list {
			out = append(out, d.At.Start.Line)
		}
		return out
	}
	for _, test := range []struct {
		limit int
		want  []int
		last  string
	}{
		{0, []int{1, 2, 3, 4, 5}, ""},
		{6, []int{1, 2, 3, 4, 5}, ""},
		{5, []int{1, 2, 3, 4, 5}, ""},
		{4, []int{1, 2, 3, 5, 4}, "not listed: 1 note; this is the first of them"},
		{3, []int{2, 3, 5, 1}, "not listed: 1 warning and 1 note; this is the first of them"},
		{2, []int{2, 3, 5}, "not listed: 1 error and 1 warning and 1 note; this is the first of them"},
		{1, []int{2, 3}, "not listed: 2 errors and 1 warning and 1 note; this is the first of them"},
	} {
		got := all.First(test.limit, "do")
		assert.Equal(t, test.want, lines(got), test.limit)
		if test.last == "" {
			continue
		}
		last := got[len(got)-1]
		assert.Equal(t, diag.MoreMistakes, last.Code)
		assert.Equal(t, test.last, last.Message)
		assert.Equal(t, "do", last.Hint)
		assert.Equal(t, test.limit < 3, last.Severity == diag.Error, "an error if one is left out")
		assert.True(t, got.HasErrors())
	}
	assert.Equal(t, []int{1, 2, 3, 4, 5}, lines(all), "the list itself is unchanged")
}
