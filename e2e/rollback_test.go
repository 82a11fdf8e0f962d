package e2e

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"k8s.io/apimachinery/pkg/runtime/schema"
)

// TestRollback takes one Service from a template to the next and back again:
// Ready at each step with the split that is declared, and nothing new at the
// end.
func TestRollback(t *testing.T) {
	claim(t, bundleNamed(t, "rollback-a").objects)
	for _, name := range []string{"rollback-a", "rollback-b", "rollback-a-again"} {
		b := bundleNamed(t, name)
		b.apply(t)
		counts.admitted.Add(int64(len(b.objects)))
		b.awaitReady(t)
		b.compare(t)
		b.applyAgain(t)
	}
	revisions, err := control.List(t.Context(),
		schema.GroupVersionKind{Group: "serving.knative.dev", Version: "v1", Kind: "Revision"},
		"default", "serving.knative.dev/service=shop")
	require.NoError(t, err)
	assert.Len(t, revisions, 2, "a rollback makes no third revision")
}
