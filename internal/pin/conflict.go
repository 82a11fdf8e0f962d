package pin

import (
	"bytes"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
)

// The lines that git leaves in a file that it could not merge.
var conflictMarkers = []string{"<<<<<<< ", "||||||| ", "=======", ">>>>>>> "}

// Conflicts reports where a lock's text has what a merge left unresolved, one
// diagnostic per conflict. Such a text is not YAML; the parser would report the
// first marker only, and not what it is.
func Conflicts(file string, text []byte) (diags diag.List) {
	number := 0
	for line := range bytes.Lines(text) {
		number++
		marker := conflictMarker(line)
		if marker == "" {
			continue
		}
		if at := lineRange(file, number, string(line)); marker == conflictMarkers[0] || len(diags) == 0 {
			diags.Add(diag.Diagnostic{
				Code: diag.LockConflict, Severity: diag.Error, At: at,
				Message: "a merge left this conflict in the lock",
				Hint:    "take the lines of either side, or of both, without the markers; then complete the lock: belay pin",
			})
		} else {
			last := &diags[len(diags)-1]
			*last = last.WithRelated(at, "a marker of the same conflict")
		}
	}
	return diags
}

func conflictMarker(line []byte) string {
	for _, m := range conflictMarkers {
		if bytes.HasPrefix(line, []byte(m)) {
			return m
		}
	}
	return ""
}

func lineRange(file string, number int, line string) diag.Range {
	end := len(strings.TrimRight(line, "\r\n")) + 1
	return diag.Range{File: file, Start: diag.Position{Line: number, Column: 1}, End: diag.Position{Line: number, Column: end}}
}
