package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// incremental changes one app and renders again over what is there.
func incremental(work string, t tools, s sizes, r *report) error {
	dir := filepath.Join(work, "incremental")
	if err := writeFleet(dir, s.fleet, ""); err != nil {
		return err
	}
	full := render(t, dir)
	n := 0
	again := command{dir: dir, args: full.args, before: func(*command) error {
		n++
		text := strings.Replace(fmt.Sprintf(oneService, 7, 7, ""), "eu-west-1", fmt.Sprintf("eu-west-%d", n), 1)
		return os.WriteFile(filepath.Join(dir, packageFile(7)), []byte(text), 0o644)
	}}
	results, err := inTurn(s.fleetRuns, full, again)
	if err != nil {
		return err
	}
	r.add(section{
		title:  fmt.Sprintf("One of %d apps changed", s.fleet),
		about:  "Rendered again over the directory, against the full render into a new one; for comparison, since hooks, the plugin and the function compile only what changed.",
		ratios: ratios(results[1], results[0]),
		rows:   []row{{"one changed", results[1]}, {"full render", results[0]}},
	})
	return nil
}
