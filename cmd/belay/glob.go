package main

import (
	"regexp"
	"strings"
)

// globPattern returns the regular expression for a glob: '*' matches any text, and
// '?' any character.
func globPattern(glob string) (*regexp.Regexp, error) {
	quoted := regexp.QuoteMeta(glob)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `.`)
	return regexp.Compile("^" + quoted + "$")
}
