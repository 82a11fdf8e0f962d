package ir

import (
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/schema"
)

// tree makes a node of JSON, each value at a line of its own.
func tree(t *testing.T, text string) *Node {
	t.Helper()
	var value any
	require.NoError(t, json.Unmarshal([]byte(text), &value))
	line := 0
	var build func(n *Node, v any) *Node
	build = func(n *Node, v any) *Node {
		line++
		n.At = diag.Range{File: "f", Start: diag.Position{Line: line, Column: 1}}
		n.Key = n.At
		switch v := v.(type) {
		case map[string]any:
			n.Kind = schema.Struct
			for _, k := range Sorted(v) {
				child := &Node{Name: k}
				n.Add(child)
				build(child, v[k])
			}
		case []any:
			n.Kind = schema.List
			for i, e := range v {
				child := &Node{Name: string(rune('0' + i))}
				n.Add(child)
				build(child, e)
			}
		case string:
			n.Kind, n.Text = schema.String, v
		default:
			data, err := json.Marshal(v)
			require.NoError(t, err)
			n.Kind, n.Text = schema.Float, string(data)
		}
		return n
	}
	return build(&Node{}, value)
}

func TestNode_Override(t *testing.T) {
	app := schema.Document.Field("apps").Type.Values
	for name, c := range map[string]struct{ base, over, want string }{
		"maps merge by key":            {`{"env": {"A": "1", "B": "2"}}`, `{"env": {"B": "3", "C": "4"}}`, `{"env": {"A": "1", "B": "3", "C": "4"}}`},
		"scalars are replaced":         {`{"port": 1}`, `{"port": 2}`, `{"port": 2}`},
		"lists are replaced":           {`{"args": ["a", "b"]}`, `{"args": ["c"]}`, `{"args": ["c"]}`},
		"structs merge":                {`{"scale": {"min": 1, "max": 2}}`, `{"scale": {"max": 3}}`, `{"scale": {"min": 1, "max": 3}}`},
		"another alternative replaces": {`{"env": {"A": {"secret": "s", "key": "k"}}}`, `{"env": {"A": {"configMap": "c", "key": "x"}}}`, `{"env": {"A": {"configMap": "c", "key": "x"}}}`},
		"the same alternative merges":  {`{"probes": {"readiness": {"http": "/a", "period": 5}}}`, `{"probes": {"readiness": {"http": "/b"}}}`, `{"probes": {"readiness": {"http": "/b", "period": 5}}}`},
		"no alternative merges":        {`{"probes": {"readiness": {"http": "/a", "period": 5}}}`, `{"probes": {"readiness": {"period": 6}}}`, `{"probes": {"readiness": {"http": "/a", "period": 6}}}`},
		"a change of kind replaces":    {`{"env": {"A": {"secret": "s", "key": "k"}}}`, `{"env": {"A": "plain"}}`, `{"env": {"A": "plain"}}`},
		"Kubernetes' types replace":    {`{"scheduling": {"affinity": {"nodeAffinity": {}}}}`, `{"scheduling": {"affinity": {"podAffinity": {}}}}`, `{"scheduling": {"affinity": {"podAffinity": {}}}}`},
	} {
		t.Run(name, func(t *testing.T) {
			merged, err := tree(t, c.base).Override(tree(t, c.over), app).MarshalJSON()
			require.NoError(t, err)
			assert.JSONEq(t, c.want, string(merged))
		})
	}
}

func TestNode_OverrideKeepsPlaces(t *testing.T) {
	app := schema.Document.Field("apps").Type.Values
	base := tree(t, `{"port": 1, "env": {"A": "1"}}`)
	merged := base.Override(tree(t, `{"env": {"B": "2"}}`), app)
	assert.Equal(t, base.Field("env").Field("A").At, merged.Field("env").Field("A").At)
	assert.Equal(t, "env.A", merged.Find("env", "A").Path())
	assert.Nil(t, base.Field("env").Field("B"), "the base is not changed")
}

func TestNode_Find(t *testing.T) {
	n := tree(t, `{"a": {"b": [{"c": "x"}]}}`)
	assert.Equal(t, "a.b[0].c", n.Find("a", "b", "0", "c").Path())
	assert.Equal(t, "a.b", n.Find("a", "b", "7", "c").Path(), "the deepest that exists")
	assert.Equal(t, "a", n.Find("a", "x", "y").Path())
}

func TestNode_Path(t *testing.T) {
	n := tree(t, `{"apps": {"my app": {"a-b": "x"}}}`)
	assert.Equal(t, `apps."my app"."a-b"`, n.Find("apps", "my app", "a-b").Path())
}

func TestYAML11(t *testing.T) {
	for _, s := range []string{"y", "N", "yes", "off", "012", "-07", "0o7", "1_000", "1e3", "+1E-2", "12:30", "190:20:30.5", "2026-11-24", "2026-1-2T03:04:05Z", "0b101", "="} {
		_, ambiguous := YAML11(s)
		assert.True(t, ambiguous, s)
	}
	for _, s := range []string{"", "a", "yep", "true", "null", "0", "10", "-5", "1.5", "1.5e3", "0x1f", "v1", "1.2.3", "10:99:00x", "-", "+", "1-2"} {
		kind, ambiguous := YAML11(s)
		assert.False(t, ambiguous, "%s read as %s", s, kind)
	}
}

func TestObject_Compare(t *testing.T) {
	a := Object{Wave: 1, Kind: "Service", Namespace: "a", Name: "z"}
	for _, later := range []Object{
		{Wave: 2, Kind: "A"}, {Wave: 1, Kind: "Z"}, {Wave: 1, Kind: "Service", Namespace: "b"}, {Wave: 1, Kind: "Service", Namespace: "a", Name: "zz"},
	} {
		assert.Negative(t, a.Compare(later), "%v", later)
	}
}
