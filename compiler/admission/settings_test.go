package admission

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/target"
)

// TestFor_KeepsFew has targets with more settings than are kept.
func TestFor_KeepsFew(t *testing.T) {
	for i := range 2 * maxContexts {
		at := target.Default()
		at.Config = map[string]map[string]string{"defaults": {"revision-timeout-seconds": fmt.Sprint(i%500 + 1)}, "network": {"domain-template": fmt.Sprintf("{{.Name}}.%d.example.com", i)}}
		_, err := For(at)
		require.NoError(t, err)
	}
	kept := 0
	contexts.Range(func(any, any) bool { kept++; return true })
	assert.LessOrEqual(t, kept, maxContexts)
	assert.Positive(t, kept)
}
