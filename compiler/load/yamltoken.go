package load

import (
	"bytes"
	"strings"
	"unicode"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/belay-sh/belay/internal/diag"
)

// yamlSource is the text of a document. It finds where tokens end, which the
// parser does not report.
type yamlSource struct {
	data  []byte
	lines [][]byte
	start []int // the offset of each line in data
}

func newYAMLSource(data []byte) yamlSource {
	s := yamlSource{data: data, lines: bytes.Split(data, []byte("\n"))}
	offset := 0
	for _, line := range s.lines {
		s.start = append(s.start, offset)
		offset += len(line) + 1
	}
	return s
}

// at returns the place of a node: of a scalar or an alias the token as it is
// written, without its tag and anchor; of other nodes where they start.
func (y *yamlReader) at(v *yaml.Node) diag.Range {
	s := y.source
	start := s.offset(v.Line, v.Column)
	if start < 0 {
		at := diag.Position{Line: v.Line, Column: v.Column}
		return diag.Range{File: y.file, Start: at, End: at}
	}
	end := start
	switch v.Kind {
	case yaml.ScalarNode:
		start = s.afterProperties(start, v)
		end = start + tokenLength(s.data[start:], v)
	case yaml.AliasNode:
		end += len("*") + len(v.Value)
	}
	return diag.Range{File: y.file, Start: s.position(start, v.Line), End: s.position(end, v.Line)}
}

// offset turns the parser's line and column, in characters, into an offset. It
// returns -1 for a place that the document does not have.
func (s yamlSource) offset(line, column int) int {
	if line < 1 || line > len(s.lines) {
		return -1
	}
	rest, offset := s.lines[line-1], s.start[line-1]
	for i := 1; i < column && len(rest) > 0; i++ {
		_, size := utf8.DecodeRune(rest)
		rest, offset = rest[size:], offset+size
	}
	return offset
}

// position turns an offset into a position, on the given line or a later one.
func (s yamlSource) position(offset, line int) diag.Position {
	for line < len(s.start) && s.start[line] <= offset {
		line++
	}
	return diag.Position{Line: line, Column: offset - s.start[line-1] + 1}
}

// afterProperties returns the offset of a scalar behind its anchor and its tag.
func (s yamlSource) afterProperties(offset int, v *yaml.Node) int {
	for v.Anchor != "" || v.Style&yaml.TaggedStyle != 0 {
		rest := s.data[offset:]
		if len(rest) == 0 || rest[0] != '&' && rest[0] != '!' {
			break
		}
		property := bytes.IndexFunc(rest, unicode.IsSpace)
		if property < 0 {
			return len(s.data)
		}
		offset += property + len(rest[property:]) - len(bytes.TrimLeftFunc(rest[property:], unicode.IsSpace))
	}
	return offset
}

// tokenLength returns the length of the scalar that text begins with.
func tokenLength(text []byte, v *yaml.Node) int {
	switch {
	case len(text) == 0:
		return 0
	case v.Style&yaml.DoubleQuotedStyle != 0:
		return quotedLength(text, '"', '\\')
	case v.Style&yaml.SingleQuotedStyle != 0:
		return quotedLength(text, '\'', '\'')
	case v.Style&(yaml.LiteralStyle|yaml.FoldedStyle) != 0:
		header := bytes.IndexByte(text, '\n')
		if header < 0 {
			return len(bytes.TrimRight(text, " \r"))
		}
		if body := wordsLength(text[header:], v.Value); body > 0 {
			return header + body
		}
		return len(bytes.TrimRight(text[:header], " \r"))
	}
	return wordsLength(text, v.Value)
}

// quotedLength returns the length of a quoted text up to its closing quote. In
// it a quote is written behind the escape; in single quotes the quote itself is
// the escape.
func quotedLength(text []byte, quote, escape byte) int {
	for i := 1; i < len(text); i++ {
		switch {
		case text[i] == escape && i+1 < len(text) && (escape != quote || text[i+1] == quote):
			i++
		case text[i] == quote:
			return i + 1
		}
	}
	return len(text)
}

// wordsLength returns how far into text the value reaches, if the parser changed
// nothing in it but the space between words.
func wordsLength(text []byte, value string) int {
	end := 0
	for word := range strings.FieldsSeq(value) {
		next := len(text) - len(bytes.TrimLeftFunc(text[end:], unicode.IsSpace))
		if !bytes.HasPrefix(text[next:], []byte(word)) {
			break
		}
		end = next + len(word)
	}
	return end
}
