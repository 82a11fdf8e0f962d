package admission

import (
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/target"
)

// onRelease is the default target with another release of Knative.
func onRelease(v target.Version) *target.Target {
	t := target.Default()
	t.Knative = v
	return t
}

// TestAdmit_DefaultsAddOnlyFieldsOfTheRelease admits a Service for every release:
// the newest release's code adds no field that the target's release does not
// have. A field that it starts to add needs an entry in neutralSettings.
func TestAdmit_DefaultsAddOnlyFieldsOfTheRelease(t *testing.T) {
	service := []byte(`{"apiVersion": "serving.knative.dev/v1", "kind": "Service", "metadata": {"name": "web"}, "spec": {"template": {"spec": {"timeoutSeconds": 500,
		"containers": [{"image": "web", "ports": [{"containerPort": 8080}], "readinessProbe": {"httpGet": {"path": "/"}}}]}}}}`)
	for _, release := range target.Knatives {
		cluster, err := For(onRelease(release))
		require.NoError(t, err)
		admitted, violations := cluster.Admit(service)
		require.Empty(t, violations)
		var o struct {
			Spec struct{ Template struct{ Spec any } }
		}
		require.NoError(t, json.Unmarshal(admitted, &o))
		walkFields(o.Spec.Template.Spec, "", "", func(field, at string) {
			assert.True(t, cluster.target.HasField(field), "Knative %s has no %s", release, at)
		})
	}
}
