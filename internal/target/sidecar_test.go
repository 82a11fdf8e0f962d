package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"istio.io/api/annotation"
	"istio.io/api/label"

	"github.com/belay-sh/belay/internal/target"
)

// TestSidecarKeys_HaveADecision fails when a release of Istio adds a label or an
// annotation, until somebody decides whether it takes a pod out of the sidecar.
func TestSidecarKeys_HaveADecision(t *testing.T) {
	decided, upstream := map[string]bool{}, map[string]bool{}
	for _, k := range target.SidecarKeys {
		assert.False(t, decided[k.Key], "%s is in the list more than once", k.Key)
		decided[k.Key] = true
	}
	for _, a := range annotation.AllResourceAnnotations() {
		upstream[a.Name] = true
	}
	for _, l := range label.AllResourceLabels() {
		upstream[l.Name] = true
	}
	require.NotEmpty(t, upstream)
	for key := range upstream {
		assert.True(t, decided[key], "%s needs a decision in target.SidecarKeys: does it take a pod, a port or a policy out of what the sidecar enforces?", key)
	}
	for key := range decided {
		assert.True(t, upstream[key], "Istio has no label or annotation %s", key)
	}
}

func TestBypassed_LooksAtValues(t *testing.T) {
	for _, c := range []struct {
		key, value string
		bypassed   bool
	}{
		{"traffic.sidecar.istio.io/excludeInboundPorts", "8012", true},
		{"traffic.sidecar.istio.io/includeInboundPorts", "", true},
		{"traffic.sidecar.istio.io/includeInboundPorts", "*", false},
		{"sidecar.istio.io/interceptionMode", "NONE", true},
		{"sidecar.istio.io/interceptionMode", "TPROXY", false},
		{"inject.istio.io/templates", "grpc-simple", true},
		{"inject.istio.io/templates", "sidecar", false},
		{"proxy.istio.io/config", "holdApplicationUntilProxyStarts: true", false},
		{"proxy.istio.io/config", "{holdApplicationUntilProxyStarts: true, interceptionMode: NONE}", true},
		{"proxy.istio.io/config", "discoveryAddress: evil.example.com:15012", true},
		{"proxy.istio.io/config", "- a", true},
		{"sidecar.istio.io/proxyCPU", "100m", false},
		{"example.com/anything", "1", false},
	} {
		assert.Equal(t, c.bypassed, target.Bypassed(c.key, c.value) != "", "%s: %s", c.key, c.value)
	}
}
