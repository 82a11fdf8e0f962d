package diag

import (
	"bytes"
	"fmt"
	"strconv"
	"strings"
	"unicode/utf8"
)

// Text writes diagnostics for people: the message, the line of the source with
// the place underlined, the related places, the hint.
//
//	error[weights-sum]: weights of app "hello" add up to 90, not 100
//	  --> apps/hello.cue:7:22
//	   |
//	 7 |     knative: weight: 50
//	   |                      ^^
//	   = apps/hello.cue:6:20: the other weight, 40
//	   = hint: raise one of the weights by 10
type Text struct {
	Source func(file string) []byte // the text of a file, or nil
	Color  bool
}

// The colours of a terminal, by the part of a message.
const (
	red, yellow, blue, bold, reset = "\x1b[1;31m", "\x1b[1;33m", "\x1b[1;34m", "\x1b[1m", "\x1b[0m"
)

// Print returns the text of a list.
func (t Text) Print(list List) []byte {
	var out bytes.Buffer
	sources := newSources(t.Source)
	for i, d := range list {
		if i > 0 {
			out.WriteByte('\n')
		}
		t.one(&out, d, sources)
	}
	return out.Bytes()
}

func (t Text) one(out *bytes.Buffer, d Diagnostic, sources *sources) {
	color := map[Severity]string{Error: red, Warning: yellow, Note: blue}[d.Severity]
	fmt.Fprintf(out, "%s%s\n", t.paint(color, fmt.Sprintf("%s[%s]", d.Severity, d.Code)), t.paint(bold, ": "+Printable(d.Message)))
	number := strconv.Itoa(d.At.Start.Line)
	margin := strings.Repeat(" ", len(number)+1)
	if !d.At.IsZero() {
		fmt.Fprintf(out, "%s%s %s\n", margin, t.paint(blue, "-->"), Printable(d.At.String()))
		if line, ok := sources.line(d.At.File, d.At.Start.Line); ok {
			t.snippet(out, d.At, line, number, margin)
		}
	}
	for _, r := range d.Related {
		fmt.Fprintf(out, "%s %s %s: %s\n", margin, t.paint(blue, "="), Printable(r.At.String()), Printable(r.Message))
	}
	if d.Hint != "" {
		fmt.Fprintf(out, "%s %s hint: %s\n", margin, t.paint(blue, "="), Printable(d.Hint))
	}
}

// snippet writes a line of the source and underlines the range in it, up to
// the end of the line if the range goes on.
func (t Text) snippet(out *bytes.Buffer, at Range, line []byte, number, margin string) {
	start := min(at.Start.Column-1, len(line))
	end := len(line)
	if at.End.Line == at.Start.Line {
		end = min(at.End.Column-1, len(line))
	}
	line, start, end = window(line, start, max(start, end))
	bar := t.paint(blue, "|")
	before, marked := expand(line[:start]), expand(line[start:end])
	fmt.Fprintf(out, "%s %s\n", margin, bar)
	fmt.Fprintf(out, " %s %s %s\n", t.paint(blue, number), bar, expand(line))
	indent, width := utf8.RuneCountInString(before), max(1, utf8.RuneCountInString(marked))
	fmt.Fprintf(out, "%s %s %s%s\n", margin, bar, strings.Repeat(" ", indent), t.paint(red, strings.Repeat("^", width)))
}

// longest is what of a line is shown: specs have shorter lines, and what has
// longer ones is mostly not made to be read.
const longest = 400

// window cuts a long line to what is around a range in it.
func window(line []byte, start, end int) ([]byte, int, int) {
	if len(line) <= longest {
		return line, start, end
	}
	from := max(0, start-longest/4)
	to := min(len(line), from+longest)
	return line[from:to], start - from, min(end, to) - from
}

// tab is the width that a tab is shown with.
const tab = 4

// expand is a part of a line of the source as it is shown.
func expand(part []byte) string {
	return Printable(strings.ReplaceAll(string(part), "\t", strings.Repeat(" ", tab)))
}

func (t Text) paint(color, text string) string {
	if !t.Color {
		return text
	}
	return color + text + reset
}
