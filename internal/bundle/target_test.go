package bundle

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// Each setting is compared under the name that the spec has for it, so that the
// diagnostic points to it and the message can be pasted.
func TestSettings_AreFieldsOfTheSpec(t *testing.T) {
	all := target.Default()
	all.Domain, all.Config = "example.com", map[string]map[string]string{"network": {"domain-template": "x"}}
	found := settings(*all)
	for _, path := range ir.Sorted(found) {
		at := schema.Document.Field("target").Type
		for _, name := range strings.Split(path, ".") {
			if at.Values != nil {
				at = at.Values
				continue
			}
			field := at.Field(name)
			require.NotNil(t, field, "%s: there is no field %s", path, name)
			at = field.Type
		}
	}
	assert.Equal(t, `"same"`, found["mesh.cluster"])
	assert.Equal(t, `"x"`, found["config.network.domain-template"])
}
