package bundle

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// An Owner names the spec that a rendered file comes from, and the flags that
// decide what the spec compiles to.
type Owner struct {
	Path      string   // of the package or file, relative to the repository, with slashes; "-" for standard input
	Tags      []string // as -t gives them, sorted
	Namespace string   // as -n gives it
}

// String is the owner as the header of a file names it: the path, and flags as
// on a command line. Words with other than plain characters are quoted.
func (o Owner) String() string {
	words := []string{quote(o.Path)}
	for _, tag := range slices.Sorted(slices.Values(o.Tags)) {
		words = append(words, "-t", quote(tag))
	}
	if o.Namespace != "" {
		words = append(words, "-n", quote(o.Namespace))
	}
	return strings.Join(words, " ")
}

// ParseOwner reads what String writes.
func ParseOwner(text string) (o Owner, err error) {
	words, err := split(text)
	if err != nil || len(words) == 0 || len(words)%2 == 0 {
		return o, fmt.Errorf("%q does not name a spec", text)
	}
	o.Path = words[0]
	for i := 1; i < len(words); i += 2 {
		switch words[i] {
		case "-t":
			o.Tags = append(o.Tags, words[i+1])
		case "-n":
			o.Namespace = words[i+1]
		default:
			return Owner{}, fmt.Errorf("%q does not name a spec", text)
		}
	}
	return o, nil
}

// ownerPath is the path of an owner as a header names it; the whole text if it
// does not name one.
func ownerPath(text string) string {
	o, err := ParseOwner(text)
	if err != nil {
		return text
	}
	return o.Path
}

func quote(word string) string {
	plain := func(r rune) bool {
		return r >= 'a' && r <= 'z' || r >= 'A' && r <= 'Z' || r >= '0' && r <= '9' || strings.ContainsRune("._/=:@%+,-", r)
	}
	if word != "" && !strings.ContainsFunc(word, func(r rune) bool { return !plain(r) }) {
		return word
	}
	return strconv.QuoteToASCII(word)
}

// split returns the words of a line, without the quotes of those that have some.
func split(text string) (words []string, err error) {
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimLeft(text, " ") {
		if text[0] != '"' {
			word, rest, _ := strings.Cut(text, " ")
			words, text = append(words, word), rest
			continue
		}
		quoted, err := strconv.QuotedPrefix(text)
		if err != nil {
			return nil, err
		}
		word, _ := strconv.Unquote(quoted) // it is quoted
		words, text = append(words, word), text[len(quoted):]
	}
	return words, nil
}

// Union returns the owners of both lists, sorted, each once.
func Union(a, b []string) []string {
	all := slices.Concat(a, b)
	slices.Sort(all)
	return slices.Compact(all)
}

// Paths are the paths of owners as headers name them.
func Paths(owners []string) []string {
	paths := make([]string, len(owners))
	for i, owner := range owners {
		paths[i] = ownerPath(owner)
	}
	return paths
}
