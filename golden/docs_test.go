package golden_test

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/golden"
	"github.com/belay-sh/belay/internal/diag"
)

// TestDocs_SpecsCompile compiles the whole specs in the user guide. Files that
// a spec needs beside it may be missing.
func TestDocs_SpecsCompile(t *testing.T) {
	pages, err := filepath.Glob("../docs/*.md")
	require.NoError(t, err)
	for _, page := range pages {
		text, err := os.ReadFile(page)
		require.NoError(t, err)
		golden.Blocks(string(text), func(language, spec string) {
			if language != "cue" || !strings.HasPrefix(spec, "package ") {
				return
			}
			for _, d := range compileSample(t, golden.Sample{Files: map[string]string{"app.cue": spec}}, "") {
				if d.Severity == diag.Error {
					assert.Equal(t, diag.MissingManifest, d.Code, "%s: %s", page, d.Message)
				}
			}
		})
	}
}

// TestDocs_GuaranteesHaveTests looks for each test, script and fixture that the
// page about security names.
func TestDocs_GuaranteesHaveTests(t *testing.T) {
	page, err := os.ReadFile("../docs/security.md")
	require.NoError(t, err)
	declared := map[string]bool{}
	require.NoError(t, filepath.WalkDir("..", func(path string, d fs.DirEntry, err error) error {
		if err != nil || !strings.HasSuffix(path, "_test.go") {
			return err
		}
		text, err := os.ReadFile(path)
		for _, m := range regexp.MustCompile(`(?m)^func ((?:Test|Fuzz)\w+)\(`).FindAllStringSubmatch(string(text), -1) {
			declared[m[1]] = true
		}
		return err
	}))
	named := regexp.MustCompile("`((?:Test|Fuzz)\\w+|(?:fixtures|cmd)/[\\w./-]+)`").FindAllStringSubmatch(string(page), -1)
	assert.Greater(t, len(named), 30)
	for _, m := range named {
		_, err := os.Stat(filepath.Join("..", m[1]))
		assert.True(t, declared[m[1]] || err == nil, "the page names %s", m[1])
	}
}
