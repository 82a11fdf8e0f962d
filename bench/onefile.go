package main

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// oneFile is a fleet in one package of one file, against a part of it: time
// per app stays what it is, and all processors work.
func oneFile(work string, t tools, s sizes, r *report) error {
	small, big := filepath.Join(work, "file-small"), filepath.Join(work, "file-big")
	if err := writeOneFile(small, s.fleet); err != nil {
		return err
	}
	if err := writeOneFile(big, s.oneFile); err != nil {
		return err
	}
	results, err := inTurn(s.hugeRuns, render(t, small), render(t, big))
	if err != nil {
		return err
	}
	perApp := ratios(results[1], results[0])
	for i := range perApp {
		perApp[i] /= float64(s.oneFile) / float64(s.fleet)
	}
	busy := float64(median(each(results[1], cpu))) / float64(median(each(results[1], wall)))
	r.add(section{
		title:  fmt.Sprintf("%d apps in one file", s.oneFile),
		about:  fmt.Sprintf("`belay render ./... -o`, a Service each: time per app against that of %d apps in one file.", s.fleet),
		target: 1.1,
		ratios: perApp,
		rows:   []row{{fmt.Sprintf("%d apps", s.oneFile), results[1]}, {fmt.Sprintf("%d apps", s.fleet), results[0]}},
		notes:  []string{fmt.Sprintf("Processors at work: %.1f.", busy)},
	})
	return nil
}

// writeOneFile writes the apps of a fleet as one package of one file.
func writeOneFile(dir string, n int) error {
	var spec strings.Builder
	spec.WriteString("package app\n")
	for i := range n {
		app := fmt.Sprintf(oneService, i, i%20, "")
		spec.WriteString(strings.TrimPrefix(app, "package app\n"))
	}
	for name, text := range map[string]string{
		"cue.mod/module.cue": fleetModule, "belay.lock": fleetLock(n, ""), "app.cue": spec.String(),
	} {
		path := filepath.Join(dir, name)
		mkdir(filepath.Dir(path))
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			return err
		}
	}
	return nil
}
