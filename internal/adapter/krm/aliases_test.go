package krm

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/pin"
)

const (
	head    = "apiVersion: config.kubernetes.io/v1\nkind: ResourceList\n"
	vetting = "functionConfig: {apiVersion: belay.sh/v1alpha1, kind: Vet, metadata: {name: v}}\n"
	digest  = "sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"
)

// TestRun_LooksOfALists compares the output for lists that are written in unusual
// ways with the output for the same list in plain YAML.
func TestRun_LooksOfALists(t *testing.T) {
	one := "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n"
	two := "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: Secret, metadata: {name: b}}\n"
	for name, c := range map[string]struct{ in, plain string }{
		"an alias of metadata": {
			head + "items:\n- {apiVersion: v1, kind: Secret, metadata: &m {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: *m}\n" + vetting,
			head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {apiVersion: v1, kind: ConfigMap, metadata: {name: a}}\n" + vetting,
		},
		"of an item":                 {head + "items:\n- &a {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- *a\n" + vetting, head + one + strings.TrimPrefix(one, "items:\n") + vetting},
		"of all items":               {"x: &i\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n" + head + "items: *i\n" + vetting, head + one + vetting},
		"of the configuration":       {"x: &c {apiVersion: belay.sh/v1alpha1, kind: Vet, metadata: {name: v}}\n" + head + one + "functionConfig: *c\n", head + one + vetting},
		"of a key":                   {head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {&n name: a}, *n : b}\n" + vetting, head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, name: b}\n" + vetting},
		"of an alias":                {head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, x: &x [1], y: &y [*x, *x], z: [*y]}\n" + vetting, head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, x: [1], y: [[1], [1]], z: [[[1], [1]]]}\n" + vetting},
		"a merge key":                {head + "items:\n- &a {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {<<: *a, metadata: {name: b}}\n" + vetting, head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {metadata: {name: b}, apiVersion: v1, kind: Secret}\n" + vetting},
		"merge keys of a list":       {head + "items:\n- {<<: [{apiVersion: v1}, {apiVersion: v2, kind: Secret}], metadata: {name: a}}\n" + vetting, head + "items:\n- {metadata: {name: a}, apiVersion: v1, kind: Secret}\n" + vetting},
		"a quoted <<":                {head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, data: {\"<<\": b}}\n" + vetting, head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, data: {\"<<\": b}}\n" + vetting},
		"a text with a star":         {head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, data: [\"*x\", x*, \"- *y\"]}\n" + vetting, head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, data: [\"*x\", x*, \"- *y\"]}\n" + vetting},
		"null items":                 {head + "items:\n- null\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- ~\n-\n" + vetting, head + one + vetting},
		"a comment as a document":    {"# generated\n---\n" + head + one + vetting, head + one + vetting},
		"empty documents":            {"---\n---\n" + head + one + vetting + "---\n# end\n", head + one + vetting},
		"a null document":            {head + one + vetting + "---\nnull\n", head + one + vetting},
		"the end of a document":      {"---\n" + head + one + vetting + "...\n", head + one + vetting},
		"carriage returns":           {strings.ReplaceAll(head+two+vetting, "\n", "\r\n"), head + two + vetting},
		"carriage returns and alias": {strings.ReplaceAll(head+"items:\n- &a {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {<<: *a, metadata: {name: b}}\n"+vetting, "\n", "\r\n"), head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}}\n- {metadata: {name: b}, apiVersion: v1, kind: Secret}\n" + vetting},
	} {
		t.Run(name, func(t *testing.T) {
			want, _, err := Run(t.Context(), []byte(c.plain), compiler.Options{})
			require.NoError(t, err)
			got, results, err := Run(t.Context(), []byte(c.in), compiler.Options{})
			require.NoError(t, err)
			assert.Empty(t, results)
			assert.Equal(t, string(want), string(got))
		})
	}
}

// TestRun_AliasOfContainers gives an object that is named by an alias what one
// that is not has.
func TestRun_AliasOfContainers(t *testing.T) {
	list := head + `items:
- apiVersion: apps/v1
  kind: Deployment
  metadata: {name: a}
  spec: {template: {spec: &pod {containers: [{name: web, image: "registry.example.com/web:v1"}]}}}
- apiVersion: apps/v1
  kind: DaemonSet
  metadata: {name: b}
  spec: {template: {spec: *pod}}
functionConfig: {apiVersion: belay.sh/v1alpha1, kind: Pin, metadata: {name: v}, spec: {images: &images {"registry.example.com/web:v1": "` + digest + `"}}}
`
	dir := t.TempDir()
	opts := compiler.Options{}
	opts.Dir, opts.Pins = dir, map[string]pin.Entry{}
	got, results, err := Run(t.Context(), []byte(list), opts)
	require.NoError(t, err)
	assert.Empty(t, results)
	assert.Equal(t, 2, strings.Count(string(got), "registry.example.com/web@"+digest))
	assert.NotContains(t, string(got), "&")
}

// TestRun_NotAList: what can't be read is an error, and never a list of less.
func TestRun_NotAList(t *testing.T) {
	bomb := "x0: &x0 [1, 1, 1, 1, 1, 1, 1, 1, 1, 1]\n"
	for _, level := range []string{"1", "2", "3", "4", "5", "6", "7", "8"} {
		before := "*x" + string(level[0]-1)
		bomb += "x" + level + ": &x" + level + " [" + strings.Repeat(before+", ", 9) + before + "]\n"
	}
	for name, c := range map[string]struct{ in, want string }{
		"a bomb of aliases":      {bomb + head + "items: []\n" + vetting, "the aliases expand to more than 65536 values"},
		"an alias of itself":     {head + "items:\n- {apiVersion: v1, kind: Secret, metadata: {name: a}, x: &x {y: *x}}\n" + vetting, "an alias stands in what it names"},
		"no such anchor":         {head + "items: [*x]\n" + vetting, "unknown anchor"},
		"a merge of a text":      {head + "items:\n- {<<: x, apiVersion: v1, kind: Secret, metadata: {name: a}}\n" + vetting, "<< takes a map"},
		"two documents":          {head + "items: []\n" + vetting + "---\n" + head + "items: []\n" + vetting, "a second document in line 6"},
		"items in a map":         {head + "items: {a: b}\n" + vetting, "the items of the ResourceList are not a list"},
		"items in a text":        {head + "items: x\n" + vetting, "the items of the ResourceList are not a list"},
		"a text for an item":     {head + "items: [x]\n" + vetting, "item 1 of the ResourceList is not an object"},
		"a list for an item":     {head + "items: [{apiVersion: v1, kind: Secret, metadata: {name: a}}, []]\n" + vetting, "item 2 of the ResourceList is not an object"},
		"a list for metadata":    {head + "items: [{apiVersion: v1, kind: Secret, metadata: [3]}]\n" + vetting, "item 1 of the ResourceList: metadata is not a map, such as {name: web}"},
		"a text for metadata":    {head + "items: [{apiVersion: v1, kind: Secret, metadata: 3}]\n" + vetting, "item 1 of the ResourceList: metadata is not a map"},
		"a list for a name":      {head + "items: [{apiVersion: v1, kind: Secret, metadata: {name: [3]}}]\n" + vetting, "item 1 of the ResourceList: metadata.name is not a string"},
		"a list for labels":      {head + "items: [{apiVersion: v1, kind: Secret, metadata: {name: a, labels: [3]}}]\n" + vetting, "item 1 of the ResourceList: metadata.labels is not a map of strings"},
		"a map for a value":      {head + "items: [{apiVersion: v1, kind: Secret, metadata: {name: a, annotations: {b: {c: d}}}}]\n" + vetting, "item 1 of the ResourceList: metadata.annotations.b is not a string"},
		"a list for a kind":      {head + "items: [{apiVersion: v1, kind: [3], metadata: {name: a}}]\n" + vetting, "item 1 of the ResourceList: kind is not a string"},
		"of the configuration":   {head + "items: []\nfunctionConfig: {apiVersion: belay.sh/v1alpha1, kind: Vet, metadata: [3]}\n", "the functionConfig: metadata is not a map"},
		"a null configuration":   {head + "items: []\nfunctionConfig: null\n", "the ResourceList has no functionConfig"},
		"nested deep":            {head + "items: []\nx: &x " + strings.Repeat("[", 2000) + strings.Repeat("]", 2000) + "\ny: *x\n" + vetting, "nested deeper"},
		"nothing but documents":  {"---\n---\n", "no ResourceList"},
		"not YAML after a break": {"---\n---\n{\n", "standard input"},
	} {
		t.Run(name, func(t *testing.T) {
			out, _, err := Run(t.Context(), []byte(c.in), compiler.Options{})
			assert.ErrorContains(t, err, c.want)
			assert.Empty(t, out)
		})
	}
}
