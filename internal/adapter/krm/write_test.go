package krm

import (
	"bytes"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/kustomize/kyaml/kio"
)

// TestWrite holds what is written to what kio writes of the whole.
func TestWrite(t *testing.T) {
	config := "functionConfig: {apiVersion: v1, kind: Any, metadata: {name: any}}\n"
	for name, text := range map[string]string{
		"no items":        "items: []\n" + config,
		"one":             "items:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n" + config,
		"several":         "items:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n- apiVersion: v1\n  kind: B\n  metadata:\n    name: b\n    annotations: {}\n" + config,
		"comments":        "items:\n# above a\n- apiVersion: v1 # a's\n  kind: A\n  # above the name\n  metadata: {name: a}\n  # below a\n\n# above b\n- # in b\n  apiVersion: v1\n  kind: B\n  metadata: {name: b}\n# below all\n" + config,
		"long and folded": "items:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n  data:\n    text: |2-\n        indented\n\n      not\n    folded: >\n      some words\n      more\n    long: '" + string(bytes.Repeat([]byte("word "), 60)) + "'\n    empty: \"\"\n    lists:\n    - - a\n      - b\n    - {c: [d, e]}\n" + config,
		"aliases":         "items:\n- apiVersion: v1\n  kind: A\n  metadata: &m {name: a}\n- apiVersion: v1\n  kind: B\n  metadata: {name: b}\n  data: *m\n" + config,
		"a file in JSON":  "items:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a, annotations: {config.kubernetes.io/path: a.json}}\n" + config,
		"looks like it":   "items:\n- apiVersion: v1\n  kind: A\n  metadata: {name: a}\n  items: []\nfunctionConfig:\n  apiVersion: v1\n  kind: Any\n  metadata: {name: any}\n  items: []\n  text: |\n    items: []\n",
		"results":         "items:\n- {apiVersion: v1, kind: A, metadata: {name: a}}\n" + config + "results:\n- {message: m, severity: error}\n",
	} {
		for _, version := range []string{"config.kubernetes.io/v1", "config.kubernetes.io/v1alpha1", "\"x\\nitems: []\\n\""} {
			t.Run(name+" "+version, func(t *testing.T) {
				list := &kio.ByteReadWriter{
					Reader:                bytes.NewReader([]byte("apiVersion: " + version + "\nkind: ResourceList\n" + text)),
					OmitReaderAnnotations: true, KeepReaderAnnotations: true,
				}
				items, err := list.Read()
				require.NoError(t, err)
				var want bytes.Buffer
				list.Writer = &want
				require.NoError(t, list.Write(items))
				got, err := write(list, items)
				require.NoError(t, err)
				assert.Equal(t, want.String(), string(got))
			})
		}
	}
}
