package main

import (
	"regexp"
	"strings"
)

// globPattern turns a glob into a regular expression: '*' is any text, '?' any
// character.
func globPattern(glob string) (*regexp.Regexp, error) {
	quoted := regexp.QuoteMeta(glob)
	quoted = strings.ReplaceAll(quoted, `\*`, `.*`)
	quoted = strings.ReplaceAll(quoted, `\?`, `.`)
	return regexp.Compile("^" + quoted + "$")
}
