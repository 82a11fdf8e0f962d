package rules

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// AtName makes an error where the app's name stands, or else at its key.
func AtName(a *ir.App) func(diag.Code, string, ...any) diag.Diagnostic {
	if n := a.Node.Field("name"); n != nil {
		return n.Errorf
	}
	return a.Node.KeyErrorf
}

// InOrder returns an error about two fields that do not go together, at the one
// that is written last.
func InOrder(a, b *ir.Node, code diag.Code, format string, args ...any) diag.Diagnostic {
	if a.At.Compare(b.At) > 0 {
		a, b = b, a
	}
	return b.Errorf(code, format, args...).WithRelated(a.At, "%s", a.Name)
}

// AtTag makes an error where a revision's tag stands, or else at the id that
// serves as one.
func AtTag(a *ir.App, r *ir.Revision) func(diag.Code, string, ...any) diag.Diagnostic {
	n := r.Written
	if tag := n.Field("tag"); tag != nil {
		return tag.Errorf
	}
	return n.KeyErrorf
}
