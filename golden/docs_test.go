package golden_test

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/diag"
)

// TestDocs_SpecsCompile compiles the whole specs in the user guide. Files that
// a spec needs beside it may be missing.
func TestDocs_SpecsCompile(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		for _, block := range fence.FindAllStringSubmatch(string(text), -1) {
			if language, spec := block[1], block[2]; language == "cue" && strings.HasPrefix(spec, "package ") {
				for _, d := range compileSample(t, sample{language, spec}, "") {
					if d.Severity == diag.Error {
						assert.Equal(t, diag.MissingManifest, d.Code, "%s: %s", page, d.Message)
					}
				}
			}
		}
	}
}
