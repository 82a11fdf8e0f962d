package main

import (
	"fmt"

	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/frontend"
)

// formats are what --format accepts: how diagnostics are printed.
const formats = "text, json, sarif or github"

// formatNames are the formats, one by one.
var formatNames = []string{"text", "json", "sarif", "github"}

// printer returns what prints diagnostics in a format.
func (c *cli) printer(format string, opts load.Options) (func(diag.List) []byte, error) {
	var print func(diag.List) []byte
	switch format {
	case "text":
		print = diag.Text{Source: opts.Source, Color: c.Color}.Print
	case "json":
		print = diag.JSON
	case "sarif":
		print = diag.SARIF{Version: version, Source: opts.Source}.Print
	case "github":
		print = diag.GitHub
	default:
		return nil, fmt.Errorf("--format %s is not one of text, json, sarif, github", format)
	}
	return func(list diag.List) []byte { return print(frontend.Listed(list, opts)) }, nil
}
