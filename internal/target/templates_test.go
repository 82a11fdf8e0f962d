package target

import (
	"fmt"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// TestParseTemplate_KeepsFew parses more templates than are kept.
func TestParseTemplate_KeepsFew(t *testing.T) {
	for i := range 3 * maxTemplates {
		parsed, err := parseTemplate("domain-template", fmt.Sprintf("{{.Name}}.%d.example.com", i))
		require.NoError(t, err)
		require.NotNil(t, parsed)
	}
	kept := 0
	templates.Range(func(any, any) bool { kept++; return true })
	assert.LessOrEqual(t, kept, maxTemplates)
	assert.Positive(t, kept)
}
