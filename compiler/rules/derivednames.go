package rules

import (
	"strconv"
	"strings"
)

// Lengths of names. A label of DNS, and so the name of a Kubernetes Service,
// has at most 63 characters; Knative appends "-00001" to a Configuration's
// name for its revisions; belay appends '-' and eight hex digits.
const (
	MaxLabel     = 63
	NumberSuffix = len("-00001")
	HashSuffix   = len("-1a2b3c4d")
)

func NameTooLong(derived string, suffix int, what string) string {
	if suffix > 0 {
		derived += strings.Repeat("?", suffix)
	}
	return what + " becomes " + derived + ", of " + strconv.Itoa(len(derived)) + " characters; a name has at most " + strconv.Itoa(MaxLabel)
}
