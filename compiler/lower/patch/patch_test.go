package patch

import (
	"testing"

	"github.com/go-json-experiment/json/v1"
	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/schema"
)

// TestApply_KeepsEveryCharacter merges into an object whose text has
// characters that YAML takes only as escapes, or for the end of a line.
func TestApply_KeepsEveryCharacter(t *testing.T) {
	text := "a\u0085b\u007fc\ufeffd\u2028e\uffff𝜞"
	data, err := json.Marshal(map[string]string{"kept": text})
	require.NoError(t, err)
	merge, err := json.Marshal(map[string]string{"added": text})
	require.NoError(t, err)
	merged, err := apply(data, schema.Patch{Merge: merge})
	require.NoError(t, err)
	var got map[string]string
	require.NoError(t, json.Unmarshal(merged, &got))
	assert.Equal(t, map[string]string{"kept": text, "added": text}, got)
}
