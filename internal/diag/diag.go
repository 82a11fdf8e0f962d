// Package diag is what belay says about its input: diagnostics as values,
// collected by every stage, printed once by whoever ran the stages, and the
// catalogue of their codes. It knows nothing of the stages.
package diag

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// Severity of a diagnostic.
type Severity string

// An error fails the run; a warning does not, unless the caller wants that
// (AsErrors); a note never does.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// Range is a piece of a source file, from Start up to but not including End.
type Range struct {
	File  string
	Start Position
	End   Position
}

// IsZero reports whether there is no such place.
func (r Range) IsZero() bool { return r.File == "" && r.Start.Line == 0 }

// String is file:line:column.
func (r Range) String() string {
	return fmt.Sprintf("%s:%d:%d", r.File, r.Start.Line, r.Start.Column)
}

// Compare orders ranges by file, then by start, then by end.
func (r Range) Compare(o Range) int {
	return cmp.Or(
		cmp.Compare(r.File, o.File),
		r.Start.compare(o.Start),
		r.End.compare(o.End))
}

// Position in a file. Lines and columns count from 1, columns in bytes.
type Position struct {
	Line   int
	Column int
}

func (p Position) compare(o Position) int {
	return cmp.Or(cmp.Compare(p.Line, o.Line), cmp.Compare(p.Column, o.Column))
}

// Diagnostic is one mistake in the input, told at the user's own token.
type Diagnostic struct {
	Code     Code
	Severity Severity
	Message  string // what was found and what is allowed; lower case, no full stop
	Hint     string // what to do; "" if there is nothing to propose
	At       Range
	Path     string // of the value in the spec, as "apps.web.env.A"
	Related  []Related
}

// Related is another place that has a part in the mistake.
type Related struct {
	At      Range
	Message string
}

// WithHint returns d with a hint.
func (d Diagnostic) WithHint(format string, args ...any) Diagnostic {
	d.Hint = fmt.Sprintf(format, args...)
	return d
}

// WithRelated returns d with one more related place.
func (d Diagnostic) WithRelated(at Range, format string, args ...any) Diagnostic {
	d.Related = append(slices.Clip(d.Related), Related{At: at, Message: fmt.Sprintf(format, args...)})
	return d
}

// AsWarning returns d as a warning.
func (d Diagnostic) AsWarning() Diagnostic {
	d.Severity = Warning
	return d
}

// List is the diagnostics of a stage or a run. It is not an error: a nil List
// and an empty one mean the same.
type List []Diagnostic

// Add appends diagnostics.
func (l *List) Add(d ...Diagnostic) { *l = append(*l, d...) }

// HasErrors reports whether a diagnostic of the list is an error.
func (l List) HasErrors() bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool { return d.Severity == Error })
}

// HasErrorsBelow reports whether an error of the list is about the value at a
// path of the spec, or about one below it.
func (l List) HasErrorsBelow(path string) bool {
	return slices.ContainsFunc(l, func(d Diagnostic) bool {
		return d.Severity == Error && (d.Path == path || strings.HasPrefix(d.Path, path+"."))
	})
}

// Sorted returns the list ordered by place, code and message, without repeats:
// what one token does wrong in two revisions is one mistake.
func (l List) Sorted() List {
	out := slices.Clone(l)
	slices.SortStableFunc(out, func(a, b Diagnostic) int {
		return cmp.Or(
			a.At.Compare(b.At),
			cmp.Compare(a.Code, b.Code),
			cmp.Compare(a.Message, b.Message))
	})
	return slices.CompactFunc(out, func(a, b Diagnostic) bool {
		return a.At == b.At && a.Code == b.Code && a.Message == b.Message
	})
}

// AsErrors returns the list with every warning made an error.
func (l List) AsErrors() List {
	out := slices.Clone(l)
	for i := range out {
		if out[i].Severity == Warning {
			out[i].Severity = Error
		}
	}
	return out
}

// Or joins the words of a message: a, b or c.
func Or(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " or " + words[last]
}
