package load

import (
	"bytes"
	"errors"
	"io"
	"math/big"
	"regexp"
	"strconv"
	"strings"
	"sync"

	"go.yaml.in/yaml/v3"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// MaxDepth bounds how deep a document may nest.
const MaxDepth = 200

// maxAliased bounds what the aliases of a document may expand to, in values: an
// alias repeats what it names, and aliases of aliases multiply.
const maxAliased = 1 << 16

// parseYAML reads a YAML document as YAML 1.2 has it. Plain scalars that YAML
// 1.1 reads as something else are errors: half of the tools that the text will
// pass through read them the one way, half the other.
func parseYAML(name string, data []byte) (*ir.Node, diag.List) {
	y := &yamlReader{file: name, source: newYAMLSource(data)}
	dec := yaml.NewDecoder(bytes.NewReader(data))
	var doc, next yaml.Node
	if err := dec.Decode(&doc); err != nil && !errors.Is(err, io.EOF) {
		return nil, diag.List{y.syntax(err)}
	}
	if err := dec.Decode(&next); err == nil {
		at := y.at(next.Content[0])
		return nil, diag.List{{
			Code: diag.SeveralDocuments, Severity: diag.Error, At: at,
			Message: "a second document; a spec is one document",
		}}
	} else if !errors.Is(err, io.EOF) {
		return nil, diag.List{y.syntax(err)}
	}
	if doc.Kind == 0 {
		start := diag.Position{Line: 1, Column: 1}
		return &ir.Node{Kind: schema.Null, At: diag.Range{File: name, Start: start, End: start}}, nil
	}
	root := &ir.Node{}
	y.value(root, doc.Content[0], 0)
	return root, y.diags
}

// parseYAMLDocuments reads all documents of a stream, each as parseYAML reads one.
// After a syntax error it returns the documents before it.
func parseYAMLDocuments(name string, data []byte) (documents []*ir.Node, diags diag.List) {
	source := newYAMLSource(data)
	dec := yaml.NewDecoder(bytes.NewReader(data))
	for {
		y := &yamlReader{file: name, source: source, ofObjects: true}
		var doc yaml.Node
		switch err := dec.Decode(&doc); {
		case errors.Is(err, io.EOF):
			return documents, diags
		case err != nil:
			return documents, append(diags, y.syntax(err))
		case doc.Kind == 0:
			continue
		}
		root := &ir.Node{}
		y.value(root, doc.Content[0], 0)
		documents, diags = append(documents, root), append(diags, y.diags...)
	}
}

type yamlReader struct {
	file      string
	ofObjects bool // the text is not a spec, but was written by another tool
	source    yamlSource
	aliases   int // that are being expanded, one in the other
	aliased   int // values in aliases
	diags     diag.List
}

// value fills in n from v. What can't be read becomes a diagnostic, and n null.
func (y *yamlReader) value(n *ir.Node, v *yaml.Node, depth int) {
	if n.At = y.at(v); n.Key.IsZero() {
		n.Key = n.At
	}
	n.Kind = schema.Null
	if y.aliases > 0 {
		y.aliased++
	}
	if depth > MaxDepth || y.aliased > maxAliased {
		y.tooMuch(n, depth)
		return
	}
	switch v.Kind {
	case yaml.AliasNode:
		at := n.At
		y.aliases++
		y.value(n, v.Alias, depth+1)
		y.aliases--
		n.At = at
	case yaml.MappingNode:
		n.Kind = schema.Struct
		y.mapping(n, v, depth)
	case yaml.SequenceNode:
		n.Kind = schema.List
		for i, e := range v.Content {
			child := &ir.Node{Name: strconv.Itoa(i)}
			n.Add(child)
			y.value(child, e, depth+1)
		}
	default:
		y.scalar(n, v)
	}
}

// tooMuch tells, once, that the document is too large or nests too deep.
func (y *yamlReader) tooMuch(n *ir.Node, depth int) {
	for _, d := range y.diags {
		if d.Code == diag.YAMLAlias || d.Code == diag.TooDeep {
			return
		}
	}
	if y.aliased > maxAliased {
		y.diags.Add(n.Errorf(diag.YAMLAlias, "aliases expand to more than %d values", maxAliased))
		return
	}
	y.diags.Add(n.Errorf(diag.TooDeep, "nested deeper than %d levels", MaxDepth))
}

func (y *yamlReader) mapping(n *ir.Node, v *yaml.Node, depth int) {
	var merges []*yaml.Node
	fields := ir.NewFinder(n)
	for i := 0; i+1 < len(v.Content); i += 2 {
		key, value := v.Content[i], v.Content[i+1]
		if key.ShortTag() == "!!merge" {
			merges = append(merges, value)
			continue
		}
		child := &ir.Node{Name: key.Value, Key: y.at(key)}
		if key.Kind != yaml.ScalarNode {
			y.diags.Add(n.KeyErrorf(diag.WrongType, "a key that is not a scalar"))
			continue
		}
		if other := fields.Field(child.Name); other != nil {
			child.Parent = n
			y.diags.Add(child.KeyErrorf(diag.DuplicateKey, "the key %q stands twice", child.Name).
				WithRelated(other.Key, "the first"))
			continue
		}
		n.Add(child)
		if reading, ok := ambiguous(key); ok {
			y.reportAmbiguous(child.KeyErrorf(diag.AmbiguousScalar, "YAML 1.1 reads the key %s as %s", key.Value, reading).
				WithHint("quote it: %q", key.Value))
		}
		y.value(child, value, depth+1)
	}
	for _, m := range merges {
		y.merge(n, m, depth)
	}
}

// merge adds the fields of a "<<" value that n does not have itself.
func (y *yamlReader) merge(n *ir.Node, v *yaml.Node, depth int) {
	if v.Kind == yaml.SequenceNode {
		for _, e := range v.Content {
			y.merge(n, e, depth+1)
		}
		return
	}
	from := &ir.Node{}
	y.value(from, v, depth+1)
	fields := ir.NewFinder(n)
	for _, c := range from.Children {
		if from.Kind == schema.Struct && fields.Field(c.Name) == nil {
			n.Add(c)
		}
	}
}

func (y *yamlReader) scalar(n *ir.Node, v *yaml.Node) {
	tag := v.ShortTag()
	if reading, ok := ambiguous(v); ok {
		y.reportAmbiguous(n.Errorf(diag.AmbiguousScalar, "YAML 1.1 reads %s as %s, YAML 1.2 does not", v.Value, reading).
			WithHint("quote it (%q), or write it so that all YAML agrees", v.Value))
		if !y.ofObjects {
			return
		}
	}
	if y.ofObjects && tag == "!!merge" {
		tag = "!!str" // kustomize writes the text "<<" without quotes
	}
	if tag == "!!float" && bigInteger().MatchString(v.Value) {
		tag = "!!int" // the parser has no integers beyond 64 bits
	}
	switch tag {
	case "!!null":
	case "!!bool":
		n.Kind, n.Text = schema.Bool, strings.ToLower(v.Value)
	case "!!int":
		n.Kind = schema.Int
		if i, ok := new(big.Int).SetString(strings.TrimPrefix(v.Value, "+"), 0); ok {
			n.Text = i.String()
			return
		}
		y.diags.Add(n.Errorf(diag.InvalidValue, "%s is not an integer", v.Value))
	case "!!float":
		n.Kind, n.Text = schema.Float, v.Value
		if !jsonNumber().MatchString(v.Value) {
			y.diags.Add(n.Errorf(diag.InvalidValue, "the number %s can't be written in JSON", v.Value))
		}
	case "!!str":
		n.Kind, n.Text = schema.String, v.Value
	default:
		y.diags.Add(n.Errorf(diag.WrongType, "a value with the tag %s; the spec has only JSON's types", v.Tag))
	}
}

var bigInteger = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^[-+]?[1-9][0-9]*$`) })

var jsonNumber = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^-?(0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?$`) })

// ambiguous reports what YAML 1.1 makes of a plain scalar that YAML 1.2 reads
// as something else.
// reportAmbiguous reports a scalar that YAML 1.1 and 1.2 read in different ways: an
// error of a spec, and a warning of objects.
func (y *yamlReader) reportAmbiguous(d diag.Diagnostic) {
	if y.ofObjects {
		d = d.AsWarning()
	}
	y.diags.Add(d)
}

func ambiguous(v *yaml.Node) (reading string, ok bool) {
	if v.Kind != yaml.ScalarNode || v.Style != 0 {
		return "", false
	}
	return ir.YAML11(v.Value)
}

var yamlLine = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`^yaml: (?:line (\d+): )?(.*)$`) })

func (y *yamlReader) syntax(err error) diag.Diagnostic {
	line, message := 1, err.Error()
	if m := yamlLine().FindStringSubmatch(message); m != nil {
		message = m[2]
		if m[1] != "" {
			line, _ = strconv.Atoi(m[1])
		}
	}
	line = max(1, min(line, len(y.source.lines)))
	text := y.source.lines[line-1]
	column := len(text) - len(bytes.TrimLeft(text, " \t")) + 1
	at := diag.Position{Line: line, Column: column}
	return diag.Diagnostic{
		Code: diag.Syntax, Severity: diag.Error, Message: message,
		At: diag.Range{File: y.file, Start: at, End: at},
	}
}
