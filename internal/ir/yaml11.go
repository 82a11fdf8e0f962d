package ir

import (
	"regexp"
	"strings"
	"sync"
)

// words are the plain scalars that YAML 1.1 reads as something else than YAML
// 1.2 does, and readings those with a number in them (https://yaml.org/type/;
// YAML 1.2.2, section 10.3.2). Half of the tools that a manifest passes through
// read them the one way, half the other.
var words = map[string]string{
	"y": "a bool", "Y": "a bool", "yes": "a bool", "Yes": "a bool", "YES": "a bool", "on": "a bool", "On": "a bool", "ON": "a bool",
	"n": "a bool", "N": "a bool", "no": "a bool", "No": "a bool", "NO": "a bool", "off": "a bool", "Off": "a bool", "OFF": "a bool",
	"=": "a default value",
}

var readings = sync.OnceValue(func() []reading {
	return []reading{
		{regexp.MustCompile(`^[-+]?0[0-7_]+$`), "an octal number"},
		{regexp.MustCompile(`^[-+]?0o[0-7]+$`), "a string"},
		{regexp.MustCompile(`^[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?$`), "a number"},
		{regexp.MustCompile(`^[-+]?0b[01_]+$`), "a binary number"},
		{regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`), "a number to base 60"},
		{regexp.MustCompile(`^[-+]?[0-9]+[eE][-+]?[0-9]+$`), "a string"},
		{regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?$`), "a date"},
	}
})

type reading struct {
	form *regexp.Regexp
	kind string // what YAML 1.1 makes of it
}

// YAML11 is what YAML 1.1 makes of a plain scalar, if YAML 1.2 reads it as
// something else.
func YAML11(plain string) (kind string, ambiguous bool) {
	if kind, ok := words[plain]; ok {
		return kind, true
	}
	if plain == "" || !strings.ContainsRune("0123456789+-", rune(plain[0])) || isDecimal(plain) {
		return "", false
	}
	for _, r := range readings() {
		if r.form.MatchString(plain) {
			return r.kind, true
		}
	}
	return "", false
}

// isDecimal reports whether a scalar is a number that all read alike. Most that
// begin with a digit are, and the forms need not be compiled for them.
func isDecimal(plain string) bool {
	return plain == "0" || plain[0] != '0' && strings.Trim(plain, "0123456789") == ""
}
