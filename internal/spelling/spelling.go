// Package spelling finds the word that a misspelt one is most likely meant to
// be, for the hints of diagnostics.
package spelling

import (
	"strings"

	"github.com/agnivade/levenshtein"
)

// Nearest returns the word that is closest to s, or "" if none is close: a
// third of the letters may differ, or be swapped, added or missing. A word that
// begins with s, or that s begins with, is close as well.
func Nearest(s string, words []string) string {
	best, bestDistance := "", len(s)/3+1
	for _, w := range words {
		if d := levenshtein.ComputeDistance(strings.ToLower(s), strings.ToLower(w)); d < bestDistance || d == bestDistance && best == "" {
			best, bestDistance = w, d
		}
	}
	if len(s) < 3 && bestDistance > 0 {
		best = ""
	}
	if best == "" {
		best = withPrefix(s, words)
	}
	return best
}

// withPrefix returns the first word that s begins with, or that begins with s.
func withPrefix(s string, words []string) string {
	for _, w := range words {
		if len(s) > 2 && len(w) > 2 && (strings.HasPrefix(s, w) || strings.HasPrefix(w, s)) {
			return w
		}
	}
	return ""
}
