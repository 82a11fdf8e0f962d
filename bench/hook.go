package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"time"
)

// hookLimit is what a hook may add to a commit.
const hookLimit = 50 * time.Millisecond

// hook is what pre-commit runs for a commit that changes one app of many.
func hook(work string, t tools, s sizes, r *report) error {
	dir := filepath.Join(work, "hook")
	if err := writeFleet(dir, s.fleet, ""); err != nil {
		return err
	}
	changed := packageFile(7)
	text := strings.Replace(fmt.Sprintf(oneService, 7, 7, ""), "min: 1", "min: 2", 1)
	for _, args := range [][]string{
		{t.belay, "render", "./...", "-o", "rendered"},
		{"git", "init", "-q"}, {"git", "add", "-A"},
		{"git", "-c", "user.name=b", "-c", "user.email=b@example.com", "commit", "-q", "-m", "all"},
		{"sh", "-c", "printf '%s' \"$0\" >" + changed, text},
		{t.belay, "render", "./...", "-o", "rendered"},
		{"git", "add", "-A"},
	} {
		cmd := exec.Command(args[0], args[1:]...)
		cmd.Dir, cmd.Stderr = dir, os.Stderr
		if err := cmd.Run(); err != nil {
			return fmt.Errorf("%s: %w", args[0], err)
		}
	}
	results, err := inTurn(s.coldRuns,
		command{dir: dir, args: []string{t.belay, "render", "--check", "--changed", "-o", "rendered", changed}},
		command{dir: dir, args: []string{t.belay, "vet", "--changed", changed}},
		command{dir: dir, args: []string{t.belay, "render", "./...", "--check", "-o", "rendered"}},
	)
	if err != nil {
		return err
	}
	slowest := max(median(each(results[0], wall)), median(each(results[1], wall)))
	r.add(section{
		title: fmt.Sprintf("Hooks, one of %d apps changed", s.fleet),
		about: "What pre-commit runs for a commit that changes one app; a check of the whole directory, for comparison.",
		rows:  []row{{"belay render --check --changed", results[0]}, {"belay vet --changed", results[1]}, {"belay render --check, all", results[2]}},
		notes: []string{fmt.Sprintf("A hook adds %s, limit %s: %s.", round(slowest), hookLimit, against(float64(slowest), float64(hookLimit)))},
	})
	return nil
}
