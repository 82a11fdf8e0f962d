package load

import (
	"bytes"
	"unicode/utf8"

	"github.com/belay-sh/belay/internal/diag"
)

// notText tells the first byte that no text has: half of a character, or NUL,
// which some parsers skip, some replace and some stop at.
func notText(name string, data []byte) diag.List {
	message, offset := "a NUL byte; a spec is text", bytes.IndexByte(data, 0)
	if !utf8.Valid(data) {
		for i := 0; i < len(data); {
			r, size := utf8.DecodeRune(data[i:])
			if r == utf8.RuneError && size == 1 {
				if offset < 0 || i < offset {
					message, offset = "a byte that is not UTF-8; a spec is text", i
				}
				break
			}
			i += size
		}
	}
	if offset < 0 {
		return nil
	}
	before := data[:offset]
	at := diag.Position{
		Line:   bytes.Count(before, []byte("\n")) + 1,
		Column: offset - bytes.LastIndexByte(before, '\n'),
	}
	return diag.List{{Code: diag.Syntax, Severity: diag.Error, Message: message, At: diag.Range{File: name, Start: at, End: at}}}
}
