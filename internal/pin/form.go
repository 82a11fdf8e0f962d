package pin

import (
	"bytes"
	"fmt"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
)

// CheckForm reports a lock whose text is not the one that belay writes for its
// content. A reviewer reads the lock as text: an alias, a merge key, a second
// way to write a value or a comment can show one digest and mean another. A
// lock of version 1, which belay no longer writes and people wrote by hand, may
// be laid out in other ways, but has none of what can mislead.
func CheckForm(file string, text []byte, lock *Lock) diag.List {
	if len(bytes.TrimSpace(text)) == 0 {
		return nil
	}
	have, want := splitLines(text), splitLines(lock.Encode())
	i := firstDifferent(have, want)
	if lock.Version == 1 {
		i, want = firstMisleading(have), nil
	}
	d := diag.Diagnostic{
		Code: diag.LockForm, Severity: diag.Error,
		Message: "the lock is not in belay's own form",
		Hint:    "run: belay pin, which writes the lock anew; git diff shows what that changes",
	}
	switch {
	case i < len(have):
		d.At = lineRange(file, i+1, have[i])
		d.Message += " from this line on"
		if i < len(want) {
			d.Message += fmt.Sprintf("; %q is expected here", want[i])
		}
	case len(have) < len(want):
		d.At = lineRange(file, len(have), have[len(have)-1])
		d.Message += fmt.Sprintf("; %d lines are missing after this one", len(want)-len(have))
	default:
		return nil
	}
	return diag.List{d}
}

// splitLines cuts a text into lines. A carriage return at the end of a line is
// not part of it: git writes one on Windows.
func splitLines(text []byte) (lines []string) {
	for line := range bytes.Lines(text) {
		lines = append(lines, string(bytes.TrimSuffix(bytes.TrimSuffix(line, []byte("\n")), []byte("\r"))))
	}
	return lines
}

// firstDifferent returns the index of the first line that is not as wanted.
func firstDifferent(have, want []string) int {
	for i, line := range have {
		if i >= len(want) || line != want[i] {
			return i
		}
	}
	return len(have)
}

// firstMisleading returns the index of the first line with a character that YAML
// has for comments, anchors, aliases, tags, merge keys, directives and blocks of
// text. No reference, digest or name has any of them.
func firstMisleading(have []string) int {
	for i, line := range have {
		if strings.ContainsAny(line, "#&*!<>|%?") {
			return i
		}
	}
	return len(have)
}
