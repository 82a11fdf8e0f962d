package diag

import (
	"embed"
	"slices"
	"strings"
)

// pages is the catalogue: a page for each code, with what it means, why it is
// a mistake, the upstream rule it stands for, and a spec that has it beside
// one that has not.
//
//go:embed pages/*.md
var pages embed.FS

// Page returns the page of a code.
func Page(c Code) (text string, ok bool) {
	data, err := pages.ReadFile("pages/" + string(c) + ".md")
	return string(data), err == nil
}

// Summary returns the first paragraph of the page of a code, on one line.
func Summary(c Code) string {
	page, _ := Page(c)
	_, rest, _ := strings.Cut(page, "\n")
	first, _, _ := strings.Cut(strings.TrimSpace(rest), "\n\n")
	return strings.ReplaceAll(first, "\n", " ")
}

// Codes are all codes with a page, sorted.
func Codes() []Code {
	entries, err := pages.ReadDir("pages")
	if err != nil {
		panic("belay internal: pages: " + err.Error())
	}
	var codes []Code
	for _, e := range entries {
		codes = append(codes, Code(strings.TrimSuffix(e.Name(), ".md")))
	}
	slices.Sort(codes)
	return codes
}
