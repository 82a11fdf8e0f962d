package target

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestPatches(t *testing.T) {
	for version, want := range map[string][]string{
		"1.20": {"1.20.0", "1.20.1", "1.20.2", "1.20.3"},
		"1.23": {"1.23.0"},
		"1.19": nil,
		"0.26": nil,
	} {
		assert.Equal(t, want, (&Target{Knative: MustParse(version)}).Patches(), version)
	}
}

func TestComparePatches(t *testing.T) {
	assert.Negative(t, comparePatches("1.9.10", "1.10.2"))
	assert.Positive(t, comparePatches("1.9.10", "1.9.9"))
	assert.Zero(t, comparePatches("1.9.10", "1.9.10"))
}

func TestManifests(t *testing.T) {
	files := Manifests("1.21.2")
	assert.Len(t, files, 5)
	assert.Equal(t, "https://github.com/knative/serving/releases/download/knative-v1.21.2/serving-core.yaml", files["serving-core.yaml"].URL)
	assert.Equal(t, "https://github.com/knative-extensions/net-istio/releases/download/knative-v1.21.4/net-istio.yaml", files["net-istio.yaml"].URL,
		"net-istio has patch releases of its own")
	assert.Len(t, files["serving-core.yaml"].SHA256, 64)
	assert.Empty(t, Manifests("1.21.9")["serving-core.yaml"].URL)
}
