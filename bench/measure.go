package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"slices"
	"strings"
	"syscall"
	"time"
)

// A command is a process to measure. before, if not nil, runs untimed in front
// of each run, and may change the arguments.
type command struct {
	dir    string
	args   []string
	stdin  string   // a file; none, if empty
	env    []string // added to that of this process
	before func(*command) error
}

// A result is what the operating system says of a process that has ended.
type result struct {
	Wall, CPU time.Duration
	RSS       int64 // bytes, the peak
}

func (c *command) run() (result, error) {
	if c.before != nil {
		if err := c.before(c); err != nil {
			return result{}, err
		}
	}
	r, err := runners()
	if err != nil {
		return result{}, err
	}
	return r.run(runRequest{Dir: c.dir, Stdin: c.stdin, Args: c.args, Env: c.env})
}

// measure runs a command to its end.
func measure(c runRequest) (r result, err error) {
	cmd := exec.Command(c.Args[0], c.Args[1:]...)
	cmd.Dir = c.Dir
	cmd.Env = append(os.Environ(), c.Env...)
	var stderr bytes.Buffer
	cmd.Stderr = &stderr
	if c.Stdin != "" {
		f, err := os.Open(c.Stdin)
		if err != nil {
			return r, err
		}
		defer f.Close()
		cmd.Stdin = f
	}
	start := time.Now()
	err = cmd.Run()
	r.Wall = time.Since(start)
	if err != nil {
		return r, fmt.Errorf("%s: %w\n%s", strings.Join(c.Args, " "), err, stderr.Bytes())
	}
	usage := cmd.ProcessState.SysUsage().(*syscall.Rusage)
	r.CPU = cmd.ProcessState.UserTime() + cmd.ProcessState.SystemTime()
	r.RSS = usage.Maxrss << 10
	return r, nil
}

// inTurn runs the commands one after the other, n times, after one round that
// does not count. The machine's noise then meets all of them alike.
func inTurn(n int, commands ...command) ([][]result, error) {
	results := make([][]result, len(commands))
	for round := range n + 1 {
		for i := range commands {
			r, err := commands[i].run()
			if err != nil {
				return nil, err
			}
			if round > 0 {
				results[i] = append(results[i], r)
			}
		}
	}
	return results, nil
}

func median[T int64 | float64 | time.Duration](values []T) T {
	sorted := slices.Sorted(slices.Values(values))
	return sorted[len(sorted)/2]
}

func each[T any](results []result, f func(result) T) (values []T) {
	for _, r := range results {
		values = append(values, f(r))
	}
	return values
}

func wall(r result) time.Duration { return r.Wall }
func cpu(r result) time.Duration  { return r.CPU }
func rss(r result) int64          { return r.RSS }

// ratios are those of wall times, run by run: a drift of the machine's speed
// between rounds leaves them alone.
func ratios(a, b []result) (values []float64) {
	for i := range a {
		values = append(values, float64(a[i].Wall)/float64(b[i].Wall))
	}
	return values
}
