package render

import (
	"bytes"
	"cmp"
	"slices"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/jsontext"

	"github.com/belay-sh/belay/internal/ir"
)

// A value is one of JSON, with what it contains in the order of the document
// that is written: keys sorted.
type value struct {
	kind    jsontext.Kind // as a token has it: '{', '[', '"', '0', 't', 'f' or 'n'
	literal string        // of a scalar: the text of a string, all others as in JSON
	members []member      // of an object
	list    []value       // of an array
}

type member struct {
	key   string
	value value
}

// isFilled reports whether a value takes lines of its own below its key.
func (v value) isFilled() bool { return len(v.members) > 0 || len(v.list) > 0 }

// readValue reads the next value of a decoder.
func readValue(dec *jsontext.Decoder) (v value, err error) {
	token, err := dec.ReadToken()
	if err != nil {
		return v, err
	}
	v.kind = token.Kind()
	switch v.kind {
	case '{':
		v.members, err = readMembers(dec)
	case '[':
		v.list, err = readList(dec)
	default:
		v.literal = token.String()
	}
	return v, err
}

func readMembers(dec *jsontext.Decoder) (members []member, err error) {
	for dec.PeekKind() != '}' {
		key, err := dec.ReadToken()
		if err != nil {
			return nil, err
		}
		m := member{key: key.String()}
		if m.value, err = readValue(dec); err != nil {
			return nil, err
		}
		members = append(members, m)
	}
	slices.SortFunc(members, func(a, b member) int { return cmp.Compare(a.key, b.key) })
	_, err = dec.ReadToken()
	return members, err
}

func readList(dec *jsontext.Decoder) (list []value, err error) {
	for dec.PeekKind() != ']' {
		v, err := readValue(dec)
		if err != nil {
			return nil, err
		}
		list = append(list, v)
	}
	_, err = dec.ReadToken()
	return list, err
}

// Document is an object as YAML: keys sorted, and strings quoted that any
// version of YAML would read as something else, keys too.
//
// The lines of a document are written here, because the library keeps each
// event of a document, which is a third of all that a run allocates. A document
// with a text that is not plain ASCII on one line is left to the library, which
// also decides how to quote what looks like a number or a word of YAML's.
func Document(o ir.Object) []byte {
	root, err := readValue(jsontext.NewDecoder(bytes.NewReader(o.JSON)))
	w := writers.Get().(*writer)
	defer writers.Put(w)
	w.out = w.out[:0]
	if err != nil || root.kind != '{' || !w.value(root, 0) {
		return marshal(Node(o))
	}
	return bytes.Clone(w.out)
}

// writers are those that are free, with the memory of their last document.
var writers = sync.Pool{New: func() any { return new(writer) }}

// A writer appends the lines of a document. Its functions report whether they
// could write all of what they were given.
type writer struct{ out []byte }

// value writes a value, beginning where the writer is: in a line that is indented
// already. The lines that follow are indented by so many spaces.
func (w *writer) value(v value, indent int) bool {
	switch {
	case len(v.members) > 0:
		return w.members(v.members, indent)
	case len(v.list) > 0:
		return w.list(v.list, indent)
	case v.kind == '{':
		w.write("{}\n")
	case v.kind == '[':
		w.write("[]\n")
	case v.kind == '"':
		return w.text(v.literal) && w.write("\n")
	default:
		w.write(v.literal)
		w.write("\n")
	}
	return true
}

func (w *writer) members(members []member, indent int) bool {
	for i, m := range members {
		if i > 0 {
			w.indent(indent)
		}
		if len(m.key) > longestSimpleKey || !w.text(m.key) {
			return false
		}
		below := indent // the column of a list is that of its key
		if m.value.kind == '{' {
			below += 2
		}
		if m.value.isFilled() {
			w.write(":\n")
			w.indent(below)
		} else {
			w.write(": ")
		}
		if !w.value(m.value, below) {
			return false
		}
	}
	return true
}

func (w *writer) list(list []value, indent int) bool {
	for i, v := range list {
		if i > 0 {
			w.indent(indent)
		}
		w.write("- ")
		if !w.value(v, indent+2) {
			return false
		}
	}
	return true
}

func (w *writer) write(s string) bool {
	w.out = append(w.out, s...)
	return true
}

func (w *writer) indent(n int) {
	for range n {
		w.out = append(w.out, ' ')
	}
}

// longestSimpleKey is the length of the longest key that the library writes in
// the form "key: value".
const longestSimpleKey = 128

// text writes a string in the style in which the library writes it.
func (w *writer) text(s string) bool {
	for i := range len(s) {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	switch {
	case s != "" && strings.Trim(s, digits) == "":
		w.write(`"` + s + `"`)
	case mayResolve(s):
		w.write(strings.TrimSuffix(string(marshal(text(s))), "\n"))
	case isPlain(s):
		w.write(s)
	default:
		w.write("'" + strings.ReplaceAll(s, "'", "''") + "'")
	}
	return true
}

const digits = "0123456789"

// mayResolve reports whether a string could be read as something else, in any
// version of YAML, if it were not quoted.
func mayResolve(s string) bool {
	if s == "" {
		return true
	}
	switch c := s[0]; {
	case c >= '0' && c <= '9':
		// No number, time or date has one of these letters.
		return !strings.ContainsAny(s, "ghijklmpqrsuvwy/")
	case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z':
		return len(s) <= len("false") && words[strings.ToLower(s)]
	}
	return !strings.ContainsRune("/_$"+indicators, rune(s[0]))
}

// words are those that a version of YAML reads as a bool, a number or null, in
// some case.
var words = map[string]bool{
	"y": true, "yes": true, "on": true, "true": true, "n": true, "no": true, "off": true, "false": true, "null": true, "nan": true, "inf": true,
}

// indicators are the characters that no plain text begins with.
const indicators = "#,[]{}&*!|>'\"%@`"

// isPlain reports whether a string needs no quotes, if it does not resolve to
// something else.
func isPlain(s string) bool {
	return !strings.ContainsRune(indicators, rune(s[0])) && !strings.HasSuffix(s, " ") &&
		!strings.Contains(s, ": ") && !strings.HasSuffix(s, ":") && !strings.Contains(s, " #")
}
