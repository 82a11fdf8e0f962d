package render

import (
	"encoding/json"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/ir"
)

// texts are strings whose style depends on where an indicator is, next to the
// awkward ones.
var texts = append([]string{
	"100m", "128Mi", "1.5Gi", "10.0.0.1", "0.5", "1.2.3", "1e", "0x", "0b2", "12:30:45", "2026-11-24T10:00:00Z", "2026", "1h", "1,000", "0o17", "5s", "1 2",
	"true", "True", "TRUE", "tRUE", "false", "False", "null", "Null", "NULL", "nil", "none", "yes!", "Off", "inf", "nan", "t", "f", "truest", "fals", "trues", "nuLL", "Nan", "INF", "web", "name", "port", "env", "007", "0",
	`{"user-container":"registry.example.com/app:v1"}`, `it's`, `'quoted'`, `"a'b"`, "[a]", "a[0]", "a,b", "a?", "a#b", "a: b", "a:b", "a :b", "a:", "a -b", "-a", "- a", "--a", "---a", "...a", ".a", "a  b",
	"$(HOME)/x", "/a/b", "_x", "(a)", "<a>", "=a", "+a", "+1s", "^a$", `\d`, ";", "~a", "*.example.com", "http://a/b?c=d#e", "100%", "user@example.com", "a\\b", `a"b`,
	strings.Repeat("k", 127), strings.Repeat("k", 128), strings.Repeat("k", 129), strings.Repeat("long text ", 40) + "end", "' ", "#: ", "~", " #", "0 #", "0s #", "1s: ", "2s:",
}, awkward...)

// requireSameBytes fails unless a document is written as the library writes it.
func requireSameBytes(t *testing.T, document any) {
	t.Helper()
	data, err := json.Marshal(document)
	require.NoError(t, err)
	o := ir.Object{JSON: data}
	require.Equal(t, string(marshal(Node(o))), string(Document(o)))
}

// TestDocument_AsTheLibrary compares what belay writes with what the library
// writes, for texts in all places, and lists and maps in one another.
func TestDocument_AsTheLibrary(t *testing.T) {
	for _, s := range texts {
		requireSameBytes(t, map[string]any{"a": s})
		requireSameBytes(t, map[string]any{s: "a", "b": map[string]any{s: s}})
		requireSameBytes(t, map[string]any{"a": []any{s, []any{s, []any{}, s}, map[string]any{"k": s, s: []any{s}}}})
	}
	for _, v := range []any{
		nil, true, false, 0, -1, 1.5, 1e30, map[string]any{}, []any{}, []any{nil, 1}, []any{[]any{[]any{1, 2}, 3}, 4}, []any{[]any{}, map[string]any{}},
		[]any{map[string]any{"b": map[string]any{"c": []any{map[string]any{"d": 1}}}, "a": []any{[]any{map[string]any{"e": 1, "f": 2}}}}},
	} {
		requireSameBytes(t, map[string]any{"z": v, "a": map[string]any{"b": v, "c": []any{v, v}}})
	}
}

// TestDocument_WritesLines fails if documents such as belay's are left to the
// library, whole or string by string.
func TestDocument_WritesLines(t *testing.T) {
	data, err := json.Marshal(map[string]any{
		"apiVersion": "serving.knative.dev/v1", "kind": "Service",
		"metadata": map[string]any{"name": "web", "annotations": map[string]any{"belay.sh/images": `{"user-container":"a/b:v1"}`}},
		"spec":     map[string]any{"env": []any{map[string]any{"name": "LEVEL", "value": "10"}}, "cpu": "100m", "memory": "1.5Gi", "command": []any{"/bin/web", "--port=80"}},
	})
	require.NoError(t, err)
	o := ir.Object{JSON: data}
	own := testing.AllocsPerRun(10, func() { Document(o) })
	library := testing.AllocsPerRun(10, func() { marshal(Node(o)) })
	assert.Less(t, own, library/2)
}

func FuzzDocument(f *testing.F) {
	for _, s := range texts {
		f.Add(s, s, 1.5)
	}
	f.Fuzz(func(t *testing.T, key, s string, n float64) {
		if n != n || n > 1e300 || n < -1e300 {
			return
		}
		requireSameBytes(t, map[string]any{key: s, "a": []any{s, n, map[string]any{key: n, s: key}}, "b": map[string]any{s: []any{key}}})
	})
}
