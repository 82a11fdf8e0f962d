package main

import (
	"path"
	"strings"
)

// limits are the numbers of files that a change of each kind may take by hand.
var limits = map[string]int{
	"field":      4,
	"kind":       4,
	"frontend":   4,
	"diagnostic": 3,
	"release":    6,
}

// byHand returns the files of a change that count: those that are not generated,
// are not cases, and are not the changelog. The function firstLine returns the
// first line of a file.
func byHand(files []string, firstLine func(name string) string) (counted []string) {
	for _, name := range files {
		if name == "CHANGELOG.md" || isCase(name) || isGenerated(name, firstLine) {
			continue
		}
		counted = append(counted, name)
	}
	return counted
}

// isCase reports whether a file is a spec with what it leads to: a fixture, a
// script, or the table of small specs beside a rule.
func isCase(name string) bool {
	return strings.HasPrefix(name, "fixtures/") || strings.HasPrefix(name, "cmd/belay/testdata/") ||
		strings.HasPrefix(name, "compiler/rules/") && strings.HasSuffix(name, "_test.go")
}

// isGenerated reports whether a command writes a file: make golden, make release,
// go generate, or go mod tidy.
func isGenerated(name string, firstLine func(name string) string) bool {
	switch path.Ext(name) {
	case ".go":
		return strings.HasPrefix(firstLine(name), "// Code generated ")
	case ".sum", ".sha256", ".objects":
		return true
	}
	switch {
	case strings.HasPrefix(name, "golden/"):
		return path.Base(name) != "go.mod" || strings.HasPrefix(name, "golden/modules/sums/")
	case strings.HasPrefix(name, "docs/reference/"):
		return true
	}
	return false
}
