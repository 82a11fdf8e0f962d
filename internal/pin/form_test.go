package pin

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
)

func TestCheckForm(t *testing.T) {
	own := string(unusualLock().Encode())
	for name, c := range map[string]struct {
		text string
		line int // 0 if the form is belay's own
	}{
		"its own":                      {own, 0},
		"of Windows":                   {strings.ReplaceAll(own, "\n", "\r\n"), 0},
		"empty":                        {"\n", 0},
		"a comment at the end":         {own + "# a\n", strings.Count(own, "\n") + 1},
		"a comment in a line":          {strings.Replace(own, "images:", "images: # a", 1), 2},
		"a line that is indented more": {strings.Replace(own, "images:\n  ", "images:\n    ", 1), 3},
		"an end that is missing":       {strings.TrimSuffix(own, "      web-a-1: "+sumA+"\n"), strings.Count(own, "\n") - 1},
	} {
		t.Run(name, func(t *testing.T) {
			diags := CheckForm("belay.lock", []byte(c.text), unusualLock())
			if c.line == 0 {
				assert.Empty(t, diags)
				return
			}
			require.Len(t, diags, 1)
			assert.Equal(t, diag.LockForm, diags[0].Code)
			assert.Equal(t, c.line, diags[0].At.Start.Line)
		})
	}
}

// TestCheckForm_Former has locks of version 1, which people wrote as they liked.
func TestCheckForm_Former(t *testing.T) {
	l := NewLock()
	l.Version = 1
	l.Images["web:v1"] = Entry{Digest: sumA}
	for text, wrong := range map[string]bool{
		"version: 1\nimages: {\"web:v1\": {digest: " + sumA + "}}\n":         false,
		"images:\n    web:v1:\n        digest: \"" + sumA + "\"\nversion: 1": false,
		"version: 1\nimages: &a {web:v1: {digest: " + sumA + "}}\n":          true,
		"version: 1\nimages:\n  web:v1: {digest: " + sumA + "} # " + sumB:    true,
		"version: 1\nimages:\n  <<: {web:v1: {digest: " + sumA + "}}\n":      true,
		"version: 1\nimages:\n  web:v1: {digest: !!str " + sumA + "}\n":      true,
		"version: 1\nimages:\n  web:v1:\n    digest: >-\n      " + sumA:      true,
	} {
		assert.Equal(t, wrong, CheckForm("belay.lock", []byte(text), l).HasErrors(), text)
	}
}
