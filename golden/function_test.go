package golden_test

import (
	"bytes"
	"encoding/json"
	"os/exec"
	"path/filepath"
	"strings"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/compiler/load"
)

// inline takes a fixture through the function with its spec in the
// configuration, as kind Apps: belay-krm and belay krm answer the same, to the
// byte, and the objects are those of belay render.
func (d *driver) inline(dir string, f fixture, cluster, rendered string) {
	opts := f.options(d.t).Options
	units, err := load.FindUnits(f.Paths, opts)
	require.NoError(d.t, err)
	if len(units) != 1 {
		return // the configuration holds one spec
	}
	root, diags := units[0].Load()
	require.False(d.t, diags.HasErrors())
	call, err := json.Marshal(map[string]any{
		"apiVersion": "config.kubernetes.io/v1", "kind": "ResourceList", "items": []any{},
		"functionConfig": map[string]any{
			"apiVersion": "belay.sh/v1alpha1", "kind": "Apps",
			"metadata": map[string]any{"name": "all"}, "spec": root, "cluster": cluster,
		},
	})
	require.NoError(d.t, err)
	path, err := filepath.Rel(f.Dir, units[0].Dir)
	require.NoError(d.t, err)
	dir = filepath.Join(dir, path)
	answer, talk := d.answer(dir, call, "belay-krm", "--policy", d.policy(f))
	whole, wholeTalk := d.answer(dir, call, "belay", "krm", "--policy", d.policy(f))
	assert.Equal(d.t, answer, whole, "belay krm: the same bytes")
	assert.Equal(d.t, talk, wholeTalk)
	_, want := d.documents(rendered)
	assert.Equal(d.t, want, d.items(answer))
}

// answer is what a program makes of a ResourceList.
func (d *driver) answer(dir string, call []byte, args ...string) (stdout, stderr string) {
	program, err := lookPath(d.path, args[0])
	require.NoError(d.t, err)
	cmd := exec.Command(program, args[1:]...)
	cmd.Dir, cmd.Stdin = dir, bytes.NewReader(call)
	var out, talk bytes.Buffer
	cmd.Stdout, cmd.Stderr = &out, &talk
	require.NoError(d.t, cmd.Run(), talk.String())
	return out.String(), talk.String()
}

// items are the objects of a ResourceList, without what hosts are told of them.
func (d *driver) items(list string) map[string]any {
	var answer struct{ Items []map[string]any }
	require.NoError(d.t, yaml.Unmarshal([]byte(list), &answer))
	var texts []string
	for _, item := range answer.Items {
		metadata := item["metadata"].(map[string]any)
		annotations := metadata["annotations"].(map[string]any)
		for _, of := range []string{"config.kubernetes.io/", "internal.config.kubernetes.io/"} {
			delete(annotations, of+"path")
			delete(annotations, of+"index")
		}
		if len(annotations) == 0 {
			delete(metadata, "annotations")
		}
		text, err := yaml.Marshal(item)
		require.NoError(d.t, err)
		texts = append(texts, string(text))
	}
	_, objects := d.documents(strings.Join(texts, "---\n"))
	return objects
}
