package spelling_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/spelling"
)

func TestNearest(t *testing.T) {
	words := []string{"readiness", "liveness", "startup", "port", "cpu"}
	for s, want := range map[string]string{
		"readyness":  "readiness",
		"Readiness":  "readiness",
		"ports":      "port",
		"por":        "port",
		"start":      "startup",
		"startupped": "startup",
		"prot":       "port",
		"cp":         "",
		"cpu":        "cpu",
		"memory":     "",
		"part":       "port",
		"":           "",
	} {
		assert.Equal(t, want, spelling.Nearest(s, words), s)
	}
	assert.Empty(t, spelling.Nearest("port", nil))
}
