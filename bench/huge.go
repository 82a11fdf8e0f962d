package main

import (
	"fmt"
	"path/filepath"
)

// huge is a fleet far above what the collector's memory limit begins with: time
// per app stays what it is for a small one, whether or not the user sets a limit.
func huge(work string, t tools, s sizes, r *report) error {
	small, big := filepath.Join(work, "huge-small"), filepath.Join(work, "huge-big")
	if err := writeFleet(small, s.fleet, ""); err != nil {
		return err
	}
	if err := writeFleet(big, s.huge, ""); err != nil {
		return err
	}
	for _, setting := range []struct{ name, env string }{
		{"without GOMEMLIMIT", "GOMEMLIMIT="},
		{"with GOMEMLIMIT=4GiB", "GOMEMLIMIT=4GiB"},
	} {
		// The small fleet runs around the large one, so that both meet the same
		// machine.
		before, between, after := render(t, small), render(t, big), render(t, small)
		for _, c := range []*command{&before, &between, &after} {
			c.env = []string{"GOGC=", setting.env}
		}
		results, err := inTurn(s.hugeRuns, before, between, after)
		if err != nil {
			return err
		}
		around := append(results[0], results[2]...)
		perApp := float64(median(each(results[1], wall))) / float64(median(each(around, wall))) * float64(s.fleet) / float64(s.huge)
		r.add(section{
			title:  fmt.Sprintf("%d packages, %s", s.huge, setting.name),
			about:  fmt.Sprintf("`belay render ./... -o`, a Service each: time per app against that of %d packages.", s.fleet),
			target: 1.1,
			ratios: []float64{perApp},
			rows:   []row{{fmt.Sprintf("%d packages", s.huge), results[1]}, {fmt.Sprintf("%d packages", s.fleet), around}},
		})
	}
	return nil
}
