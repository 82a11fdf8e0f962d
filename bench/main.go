// Bench measures belay as users meet it: whole processes, against kustomize
// and cue on the same objects, in turn, and writes BENCHMARKS.md.
//
// It runs itself as the baselines: "bench baseline DIR" does what cue/load
// and CUE's evaluator do with the same packages, and nothing else.
package main

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
)

func main() {
	out := flag.String("o", "../BENCHMARKS.md", "the report to write")
	quick := flag.Bool("quick", false, "fewer runs, a smaller fleet; for trying the program out")
	flag.Parse()
	var err error
	switch flag.Arg(0) {
	case "baseline":
		err = baseline(flag.Arg(1), flag.Arg(2))
	case "runner":
		err = serveRuns(os.Stdin, os.Stdout)
	default:
		err = run(*out, *quick)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, "bench:", err)
		os.Exit(1)
	}
}

// sizes of a session.
type sizes struct {
	coldRuns, fleetRuns, largeRuns, hugeRuns int
	fleet, large, huge, oneFile              int
}

func run(out string, quick bool) error {
	s := sizes{coldRuns: 101, fleetRuns: 11, largeRuns: 5, hugeRuns: 3, fleet: 1000, large: 10000, huge: 32000, oneFile: 16000}
	if quick {
		s = sizes{coldRuns: 5, fleetRuns: 3, largeRuns: 1, hugeRuns: 1, fleet: 100, large: 1000, huge: 3200, oneFile: 1600}
	}
	cache, err := os.UserCacheDir()
	if err != nil {
		return err
	}
	work, err := os.MkdirTemp(mkdir(filepath.Join(cache, "belay-bench")), "run-")
	if err != nil {
		return err
	}
	defer os.RemoveAll(work)
	defer os.RemoveAll(memory(work))
	t, err := buildTools(work)
	if err != nil {
		return err
	}
	r := &report{}
	for _, measure := range []func(string, tools, sizes, *report) error{cold, fleet, linear, huge, oneFile, incremental, pins, function, generator, hook} {
		if err := measure(work, t, s, r); err != nil {
			return err
		}
	}
	return os.WriteFile(out, r.markdown(), 0o644)
}

func mkdir(dir string) string {
	if err := os.MkdirAll(dir, 0o755); err != nil {
		panic(err)
	}
	return dir
}
