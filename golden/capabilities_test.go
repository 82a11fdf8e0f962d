package golden_test

import (
	"os"
	"regexp"
	"strconv"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
)

// articleSteps is how many steps the article's walk-through has.
const articleSteps = 21

// TestCapabilities holds the list of what the article shows to fixtures that
// are there: a step without one says why it is for a running cluster.
func TestCapabilities(t *testing.T) {
	text, err := os.ReadFile("../docs/capabilities.md")
	require.NoError(t, err)
	known := map[string]bool{}
	for _, f := range fixtures(t) {
		known[f.Name] = true
	}
	steps := 0
	fixture := regexp.MustCompile("`([^`]+)`")
	for line := range strings.Lines(string(text)) {
		cells := strings.Split(strings.TrimSpace(line), "|")
		if len(cells) != 6 {
			continue
		}
		number, err := strconv.Atoi(strings.TrimSpace(cells[1]))
		if err != nil {
			continue
		}
		steps++
		assert.Equal(t, steps, number)
		shown := fixture.FindAllStringSubmatch(cells[4], -1)
		for _, f := range shown {
			assert.True(t, known[f[1]], "step %d: there is no fixture %s", number, f[1])
		}
		assert.True(t, len(shown) > 0 || strings.HasPrefix(strings.TrimSpace(cells[3]), "run time: "), "step %d has neither a fixture nor a reason", number)
	}
	assert.Equal(t, articleSteps, steps)
}
