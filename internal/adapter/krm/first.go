package krm

import (
	"maps"

	"github.com/belay-sh/belay/internal/diag"
)

// First returns the first results of more than the limit, errors before warnings,
// and after them one that counts the others, as diag.List.First does. A limit of
// 0 is none.
func (r Results) First(limit int) Results {
	if limit == 0 || len(r) <= limit {
		return r
	}
	list := make(diag.List, len(r))
	for i, result := range r { // each with its index for a place, by which First orders them
		list[i] = diag.Diagnostic{Severity: result.Severity, At: diag.Range{Start: diag.Position{Line: i + 1}}}
	}
	list = list.First(limit, "")
	out := make(Results, len(list))
	for i, d := range list {
		out[i] = r[d.At.Start.Line-1]
	}
	last := &out[limit]
	last.Message = list[limit].Message
	last.Tags = maps.Clone(last.Tags)
	delete(last.Tags, "hint")
	last.Tags["code"] = string(diag.MoreMistakes)
	return out
}
