package diag

import (
	"bytes"
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"
)

// Printable returns a text as every printer shows it, on one line: hidden
// characters are written as escapes, bytes that are not UTF-8 likewise, and
// what CI systems read as a command wherever it stands in a line is broken up.
// A text of more than 2000 bytes is cut in the middle. File names, keys and
// values of specs, certificates and answers of registries get into messages
// without further care, since nothing is printed without Printable.
func Printable(text string) string { return escape(shorten(text), "") }

// PrintableText is what Printable makes of a text of many lines, such as the
// difference between two files: with its line breaks and tabs, and whole.
func PrintableText(text []byte) []byte { return []byte(escape(string(text), "\n\t")) }

// ErrorText is an error as it is printed: on one line, unless belay itself gave
// it several.
func ErrorText(err error) string {
	lines := LinesError{err.Error()}
	if own, ok := errors.AsType[LinesError](err); ok && own.Error() == lines[0] {
		lines = slices.Clone(own)
	}
	for i, line := range lines {
		lines[i] = Printable(line)
	}
	return PrintableLines(lines.Error())
}

// LinesError is an error of several lines.
type LinesError []string

// Error returns the lines.
func (l LinesError) Error() string { return strings.Join(l, "\n") }

// PrintableLines is Printable for a text whose line breaks are belay's own. No
// line of it begins a workflow command of GitHub's.
func PrintableLines(text string) string {
	lines := strings.Split(text, "\n")
	for i, line := range lines {
		lines[i] = Printable(line)
		if indent := len(line) - len(strings.TrimLeft(line, " ")); strings.HasPrefix(line[indent:], "::") {
			lines[i] = lines[i][:indent] + `\x3a` + lines[i][indent+1:]
		}
	}
	return strings.Join(lines, "\n")
}

// escape escapes the hidden characters of a text but those kept.
func escape(text, kept string) string {
	if isPlain(text) && !strings.ContainsAny(text, "\n\t\r") && !strings.Contains(text, "##") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		switch {
		case r == '#' && isCommand(text[i:]):
			out.WriteString(`#\x23`)
			size = 2
		case r == utf8.RuneError && size == 1:
			fmt.Fprintf(&out, `\x%02x`, text[i])
		case Hidden(r) && !joins(text, i, i+size) && !strings.ContainsRune(kept, r):
			out.WriteString(escapeOf(r))
		default:
			out.WriteString(text[i : i+size])
		}
		i += size
	}
	return out.String()
}

// EscapeHidden escapes the hidden characters of a text but those kept, in the
// form that YAML and Go have in double quotes. A joiner between characters that
// are written with joiners stays.
func EscapeHidden(text, kept string) string {
	if isPlain(text) && !strings.ContainsAny(text, "\n\t\r") {
		return text
	}
	var out strings.Builder
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRuneInString(text[i:])
		if Hidden(r) && !joins(text, i, i+size) && !strings.ContainsRune(kept, r) {
			out.WriteString(escapeOf(r))
		} else {
			out.WriteString(text[i : i+size])
		}
		i += size
	}
	return out.String()
}

func escapeOf(r rune) string {
	switch {
	case r == '\n':
		return `\n`
	case r == '\r':
		return `\r`
	case r == '\t':
		return `\t`
	case r < utf8.RuneSelf:
		return fmt.Sprintf(`\x%02x`, r)
	case r <= 0xffff:
		return fmt.Sprintf(`\u%04x`, r)
	}
	return fmt.Sprintf(`\U%08x`, r)
}

// isCommand reports whether a text begins as the commands that GitHub's and
// Azure's runners find anywhere in a line: ##[group], ##vso[task.setvariable].
func isCommand(text string) bool {
	if !strings.HasPrefix(text, "##") {
		return false
	}
	name := strings.TrimLeft(text[2:], "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ")
	return strings.HasPrefix(name, "[")
}

// longestText is how much of a text is printed.
const longestText = 2000

// shorten cuts a text in the middle to a length that can be read.
func shorten(text string) string {
	if len(text) <= longestText {
		return text
	}
	head, tail := text[:longestText/2], text[len(text)-longestText/2:]
	for head != "" && !utf8.RuneStart(text[len(head)]) {
		head = head[:len(head)-1]
	}
	for tail != "" && !utf8.RuneStart(tail[0]) {
		tail = tail[1:]
	}
	return head + " … " + tail
}

// escapeJSON writes the hidden characters of a JSON text as JSON has it, and
// breaks up commands of CI systems. The values stay the same.
func escapeJSON(text []byte) []byte {
	if isPlain(string(text)) && !bytes.Contains(text, []byte("##")) {
		return text
	}
	var out bytes.Buffer
	for i := 0; i < len(text); {
		r, size := utf8.DecodeRune(text[i:])
		switch {
		case r == '#' && isCommand(string(text[i:min(len(text), i+100)])):
			out.WriteString(`#\u0023`)
			size = 2
		case r == '\n' || !Hidden(r):
			out.Write(text[i : i+size])
		case r > 0xffff:
			high, low := utf16.EncodeRune(r)
			fmt.Fprintf(&out, `\u%04x\u%04x`, high, low)
		default:
			fmt.Fprintf(&out, `\u%04x`, r)
		}
		i += size
	}
	return out.Bytes()
}
