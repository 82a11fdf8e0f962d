package target

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestReads(t *testing.T) {
	flag := map[string]map[string]string{"features": {"multi-container-probing": "enabled"}}
	for _, of := range []struct {
		target Target
		what   string
		ok     bool
		since  string
		flag   string
	}{
		{Target{Knative: Version{1, 0}}, HPAWindow, false, "1.1", ""},
		{Target{Knative: Version{1, 12}}, HPAWindow, true, "0.0", ""},
		{Target{Knative: Version{1, 17}}, SidecarReadinessExec, false, "1.18", ""},
		{Target{Knative: Version{1, 18}}, SidecarReadinessExec, true, "0.0", ""},
		{Target{Knative: Version{1, 21}, Config: flag}, LivenessPort, false, "1.22", ""},
		{Target{Knative: Version{1, 22}}, LivenessPort, false, "0.0", "multi-container-probing"},
		{Target{Knative: Version{1, 22}, Config: flag}, LivenessPort, true, "0.0", ""},
		{Target{Knative: Version{0, 26}}, ReadinessPort, false, "1.3", ""},
	} {
		ok, since, flag := of.target.Reads(of.what)
		assert.Equal(t, of.ok, ok, "%s at %s", of.what, of.target.Knative)
		assert.Equal(t, of.since, since.String(), "%s at %s", of.what, of.target.Knative)
		assert.Equal(t, of.flag, flag, "%s at %s", of.what, of.target.Knative)
	}
}
