package krm

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/diag"
)

func TestResults_First(t *testing.T) {
	result := func(message string, s diag.Severity) Result {
		return Result{Message: message, Severity: s, Field: &Field{Path: message}, Tags: map[string]string{"code": "x", "hint": "y"}}
	}
	all := Results{result("a", diag.Warning), result("b", diag.Error), result("c", diag.Warning), result("d", diag.Error)}
	messages := func(r Results) (out []string) {
		for _, result := range r {
			out = append(out, result.Message)
		}
		return out
	}
	for _, limit := range []int{0, 4, 5} {
		assert.Equal(t, all, all.First(limit))
	}
	got := all.First(3)
	assert.Equal(t, []string{"a", "b", "d", "not listed: 1 warning; this is the first of them"}, messages(got))
	assert.Equal(t, diag.Warning, got[3].Severity)
	got = all.First(1)
	assert.Equal(t, []string{"b", "not listed: 1 error and 2 warnings; this is the first of them"}, messages(got))
	assert.Equal(t, diag.Error, got[1].Severity)
	assert.Equal(t, "d", got[1].Field.Path, "the place of the first that is left out")
	assert.Equal(t, map[string]string{"code": "more-mistakes"}, got[1].Tags)
	assert.Equal(t, "y", all[3].Tags["hint"], "the results themselves are unchanged")
}
