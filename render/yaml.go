package render

import (
	"bytes"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
	"unicode/utf8"

	"go.yaml.in/yaml/v3"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// Node is an object as the YAML document that Document writes.
func Node(o ir.Object) *yaml.Node {
	dec := json.NewDecoder(bytes.NewReader(o.JSON))
	dec.UseNumber()
	var value any
	if err := dec.Decode(&value); err != nil {
		panic("belay internal: " + o.Kind + " " + o.Name + ": " + err.Error())
	}
	return node(value)
}

// marshal writes YAML in the style of sigs.k8s.io/yaml.
func marshal(document *yaml.Node) []byte {
	var out bytes.Buffer
	enc := yaml.NewEncoder(&out)
	enc.SetIndent(2)
	enc.CompactSeqIndent()
	err := enc.Encode(document)
	if err == nil {
		err = enc.Close()
	}
	if err != nil {
		panic("belay internal: YAML: " + err.Error())
	}
	return escaped(out.Bytes())
}

// escaped is a document without hidden characters, such as those that change the
// direction of a line: a reviewer sees what takes effect. All texts that have
// some are in double quotes (text), and the encoder escapes but few of them.
func escaped(document []byte) []byte {
	for _, c := range document {
		if c >= utf8.RuneSelf {
			return []byte(diag.EscapeHidden(string(document), "\n"))
		}
	}
	return document
}

// node is a JSON value as YAML. Each scalar has its style, since no encoder
// quotes for both YAML 1.1 and 1.2.
func node(value any) *yaml.Node {
	switch v := value.(type) {
	case map[string]any:
		n := &yaml.Node{Kind: yaml.MappingNode, Style: flowIf(len(v) == 0)}
		for _, k := range ir.Sorted(v) {
			n.Content = append(n.Content, text(k), node(v[k]))
		}
		return n
	case []any:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: flowIf(len(v) == 0)}
		for _, e := range v {
			n.Content = append(n.Content, node(e))
		}
		return n
	case string:
		return text(v)
	case json.Number:
		return scalar(v.String())
	case bool:
		if v {
			return scalar("true")
		}
		return scalar("false")
	}
	return scalar("null")
}

func flowIf(empty bool) yaml.Style {
	if empty {
		return yaml.FlowStyle
	}
	return 0
}

func scalar(literal string) *yaml.Node { return &yaml.Node{Kind: yaml.ScalarNode, Value: literal} }

func text(s string) *yaml.Node {
	n := &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!str", Value: s}
	_, ambiguous := ir.YAML11(s)
	switch {
	case ambiguous, hides(s):
		n.Style = yaml.DoubleQuotedStyle
	case !strings.ContainsAny(s, "\n\r"):
	case block().MatchString(s):
		n.Style = yaml.LiteralStyle
	default:
		n.Style = yaml.DoubleQuotedStyle
	}
	return n
}

// hides reports whether a text has hidden characters other than line breaks.
func hides(s string) bool {
	for i := range len(s) {
		if s[i] >= utf8.RuneSelf {
			return diag.EscapeHidden(s, "\n") != s
		}
	}
	return false
}

// block is text that reads well as a block, and that all parsers read back:
// several lines, without white space that can't be seen.
var block = sync.OnceValue(func() *regexp.Regexp {
	return regexp.MustCompile(`^[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?(\n+ *[^\s\x00-\x1f\x7f-\x9f]([^\x00-\x1f\x7f-\x9f]*[^\s\x00-\x1f\x7f-\x9f])?)+\n?$`)
})
