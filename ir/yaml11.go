package ir

import (
	"regexp"
	"strings"
	"sync"
)

// readings are the plain scalars that YAML 1.1 reads as something else than
// YAML 1.2 does (https://yaml.org/type/; YAML 1.2.2, section 10.3.2). Half of
// the tools that a manifest passes through read them the one way, half the
// other.
var readings = sync.OnceValue(func() []reading {
	return []reading{
		{regexp.MustCompile(`^(y|Y|yes|Yes|YES|n|N|no|No|NO|on|On|ON|off|Off|OFF)$`), "a bool"},
		{regexp.MustCompile(`^[-+]?0[0-7_]+$`), "an octal number"},
		{regexp.MustCompile(`^[-+]?0o[0-7]+$`), "a string"},
		{regexp.MustCompile(`^[-+]?[0-9][0-9_]*_[0-9_]*(\.[0-9_]*)?$`), "a number"},
		{regexp.MustCompile(`^[-+]?0b[01_]+$`), "a binary number"},
		{regexp.MustCompile(`^[-+]?[0-9][0-9_]*(:[0-5]?[0-9])+(\.[0-9_]*)?$`), "a number to base 60"},
		{regexp.MustCompile(`^[-+]?[0-9]+[eE][-+]?[0-9]+$`), "a string"},
		{regexp.MustCompile(`^[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}([Tt ].*)?$`), "a date"},
		{regexp.MustCompile(`^=$`), "a default value"},
	}
})

type reading struct {
	form *regexp.Regexp
	kind string // what YAML 1.1 makes of it
}

// YAML11 is what YAML 1.1 makes of a plain scalar, if YAML 1.2 reads it as
// something else.
func YAML11(plain string) (kind string, ambiguous bool) {
	if plain == "" || !strings.ContainsRune("0123456789+-=yYnNoO", rune(plain[0])) {
		return "", false
	}
	for _, r := range readings() {
		if r.form.MatchString(plain) {
			return r.kind, true
		}
	}
	return "", false
}
