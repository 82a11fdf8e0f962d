package load

import (
	"bytes"
	"encoding/json"
	"errors"
	"io"
	"strconv"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

func isJSON(data []byte) bool { return json.Valid(data) }

// parseJSON reads a JSON document.
func parseJSON(name string, data []byte) (*ir.Node, diag.List) {
	j := &jsonReader{file: name, data: data, dec: json.NewDecoder(bytes.NewReader(data))}
	j.dec.UseNumber()
	root := &ir.Node{}
	if err := j.value(root, 0); err != nil {
		return nil, append(j.diags, j.syntax(err)...)
	}
	if _, err := j.token(); !errors.Is(err, io.EOF) {
		return nil, append(j.diags, diag.Diagnostic{
			Code: diag.SeveralDocuments, Severity: diag.Error, At: j.at,
			Message: "text after the document; a spec is one document",
		})
	}
	return root, j.diags
}

type jsonReader struct {
	file  string
	data  []byte
	dec   *json.Decoder
	at    diag.Range // of the last token
	diags diag.List

	line, lineStart, scanned int // how far the lines have been counted
}

var errTooDeep = errors.New("nested too deep")

func (j *jsonReader) value(n *ir.Node, depth int) error {
	tok, err := j.token()
	if err != nil {
		return err
	}
	if n.At = j.at; n.Key.IsZero() {
		n.Key = n.At
	}
	if depth > MaxDepth {
		return errTooDeep
	}
	switch t := tok.(type) {
	case json.Delim:
		if t == '{' {
			return j.object(n, depth)
		}
		return j.array(n, depth)
	case string:
		n.Kind, n.Text = schema.String, t
	case bool:
		n.Kind, n.Text = schema.Bool, strconv.FormatBool(t)
	case json.Number:
		n.Kind, n.Text = schema.Int, t.String()
		if bytes.ContainsAny([]byte(t), ".eE") {
			n.Kind = schema.Float
		}
	default:
		n.Kind = schema.Null
	}
	return nil
}

func (j *jsonReader) object(n *ir.Node, depth int) error {
	n.Kind = schema.Struct
	fields := ir.NewFinder(n)
	for j.dec.More() {
		tok, err := j.token()
		if err != nil {
			return err
		}
		child := &ir.Node{Name: tok.(string), Key: j.at, Parent: n}
		if other := fields.Field(child.Name); other != nil {
			j.diags.Add(child.KeyErrorf(diag.DuplicateKey, "the key %q stands twice", child.Name).
				WithRelated(other.Key, "the first"))
		} else {
			n.Add(child)
		}
		if err := j.value(child, depth+1); err != nil {
			return err
		}
	}
	_, err := j.token()
	return err
}

func (j *jsonReader) array(n *ir.Node, depth int) error {
	n.Kind = schema.List
	for i := 0; j.dec.More(); i++ {
		child := &ir.Node{Name: strconv.Itoa(i)}
		n.Add(child)
		if err := j.value(child, depth+1); err != nil {
			return err
		}
	}
	_, err := j.token()
	return err
}

// token reads the next token and notes its place.
func (j *jsonReader) token() (json.Token, error) {
	start := int(j.dec.InputOffset())
	for start < len(j.data) && bytes.IndexByte([]byte(" \t\r\n,:"), j.data[start]) >= 0 {
		start++
	}
	tok, err := j.dec.Token()
	end := int(j.dec.InputOffset())
	j.at = diag.Range{File: j.file, Start: j.position(start)}
	j.at.End = j.at.Start
	if err == nil && end > start {
		j.at.End.Column += end - start
	}
	return tok, err
}

// position of an offset. Offsets mostly come in ascending order.
func (j *jsonReader) position(offset int) diag.Position {
	if offset < j.lineStart {
		j.line, j.lineStart, j.scanned = 0, 0, 0
	}
	for ; j.scanned < offset && j.scanned < len(j.data); j.scanned++ {
		if j.data[j.scanned] == '\n' {
			j.line++
			j.lineStart = j.scanned + 1
		}
	}
	return diag.Position{Line: j.line + 1, Column: offset - j.lineStart + 1}
}

func (j *jsonReader) syntax(err error) diag.List {
	d := diag.Diagnostic{Code: diag.Syntax, Severity: diag.Error, Message: err.Error(), At: j.at}
	if errors.Is(err, errTooDeep) {
		d.Code = diag.TooDeep
	}
	var se *json.SyntaxError
	if errors.As(err, &se) {
		at := j.position(max(0, int(se.Offset)-1))
		d.At.Start, d.At.End = at, at
	}
	if errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) {
		d.Message = "the document ends early"
	}
	return diag.List{d}
}
