package main

import (
	"fmt"
	"path/filepath"
)

// linear is ten times the fleet: time and memory grow with the apps, and no more.
func linear(work string, t tools, s sizes, r *report) error {
	small, big := filepath.Join(work, "linear-small"), filepath.Join(work, "linear-big")
	if err := writeFleet(small, s.fleet, ""); err != nil {
		return err
	}
	if err := writeFleet(big, s.large, ""); err != nil {
		return err
	}
	results, err := inTurn(s.largeRuns, render(t, small), render(t, big))
	if err != nil {
		return err
	}
	perApp := ratios(results[1], results[0])
	for i := range perApp {
		perApp[i] /= float64(s.large) / float64(s.fleet)
	}
	r.add(section{
		title:  fmt.Sprintf("%d packages", s.large),
		about:  fmt.Sprintf("`belay render ./... -o`, a Service each: time against %d times that of %d packages, and the peak memory that each package more takes.", s.large/s.fleet, s.fleet),
		target: 1.1,
		ratios: perApp,
		perApp: 15 << 10,
		more:   s.large - s.fleet,
		rows:   []row{{fmt.Sprintf("%d packages", s.large), results[1]}, {fmt.Sprintf("%d packages", s.fleet), results[0]}},
	})
	return nil
}
