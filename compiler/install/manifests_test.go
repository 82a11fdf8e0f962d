package install

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// TestRelease_RejectsWhatIsNotAnObject reads files that are YAML, and still
// nothing to apply.
func TestRelease_RejectsWhatIsNotAnObject(t *testing.T) {
	for name, c := range map[string]struct{ file, want string }{
		"not YAML":               {"a: [", "did not find expected node content"},
		"a scalar":               {"hello", "cannot unmarshal"},
		"no kind":                {"apiVersion: v1\nmetadata: {name: a}", "'Kind' is missing"},
		"no name":                {"apiVersion: v1\nkind: Secret", "it is not an object with a name"},
		"a list":                 {"apiVersion: v1\nkind: List\nmetadata: {name: a}\nitems: []", "it is not an object with a name"},
		"metadata of a string":   {"apiVersion: v1\nkind: Secret\nmetadata: a", "name"},
		"a label of a number":    {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-gc, namespace: knative-serving, labels: {b: 1}}", ".metadata.labels"},
		"data of a list":         {"apiVersion: v1\nkind: ConfigMap\nmetadata: {name: config-gc, namespace: knative-serving}\ndata: []", "data"},
		"replicas of a string":   {"apiVersion: autoscaling/v2\nkind: HorizontalPodAutoscaler\nmetadata: {name: activator, namespace: knative-serving}\nspec: {minReplicas: x}", "minReplicas"},
		"a spec of a Deployment": {"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: controller, namespace: knative-serving}\nspec: 1", "spec"},
	} {
		t.Run(name, func(t *testing.T) {
			checked := &ir.Checked{Target: target.Default(), Platform: &ir.Platform{}}
			checked.Platform.Spec.Replicas = 2
			r := &release{checked: checked, bundle: &ir.Bundle{}, seen: map[string]bool{}, unset: map[string]map[string]string{"gc": {"a": "b"}}}
			err := r.addFile(ir.ReleaseFile{Data: []byte(c.file)})
			assert.ErrorContains(t, err, c.want)
			assert.Empty(t, r.bundle.Objects)
		})
	}
}
