package belay

import (
	"fmt"
	"slices"

	"github.com/belay-sh/belay/internal/diag"
)

// A Severity says what a diagnostic means for the run.
type Severity string

// The severities. Only an error keeps a run from having bundles.
const (
	Error   Severity = "error"
	Warning Severity = "warning"
	Note    Severity = "note"
)

// A Diagnostic is one mistake in the input, at the token that has it.
type Diagnostic struct {
	Code     string // stable, as "weights-sum"; "belay explain CODE" prints its page
	Severity Severity
	Message  string // what was found and what is allowed; it may quote the input
	Hint     string // what to do; "" if there is nothing to propose
	Field    string // the path of the value in the spec, as "apps.web.env.A"; "" if it is not about one
	Range    Range
	Related  []Related
}

// A Related place has a part in the mistake.
type Related struct {
	Range   Range
	Message string
}

// A Range is a piece of a file, from Start up to but not including End.
type Range struct {
	File       string // its path in the file system, with slashes
	Start, End Position
}

// A Position in a file. Both count from 1, columns in bytes.
type Position struct{ Line, Column int }

// String is the diagnostic in one line: "app.cue:7:22: error[weights-sum]: …".
func (d Diagnostic) String() string {
	return fmt.Sprintf("%s:%d:%d: %s[%s]: %s", diag.Printable(d.Range.File), d.Range.Start.Line, d.Range.Start.Column, d.Severity, d.Code, diag.Printable(d.Message))
}

// Diagnostics are those of a run, in the order of their places.
type Diagnostics []Diagnostic

// HasErrors reports whether one of them is an error.
func (d Diagnostics) HasErrors() bool {
	return slices.ContainsFunc(d, func(d Diagnostic) bool { return d.Severity == Error })
}

func newDiagnostics(list diag.List) Diagnostics {
	var out Diagnostics
	for _, d := range list {
		related := []Related(nil)
		for _, r := range d.Related {
			related = append(related, Related{newRange(r.At), r.Message})
		}
		out = append(out, Diagnostic{
			Code: string(d.Code), Severity: Severity(d.Severity), Message: d.Message, Hint: d.Hint,
			Field: d.Path, Range: newRange(d.At), Related: related,
		})
	}
	return out
}

func newRange(r diag.Range) Range {
	return Range{r.File, Position(r.Start), Position(r.End)}
}
