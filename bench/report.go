package main

import (
	"bytes"
	_ "embed"
	"fmt"
	"runtime"
	"slices"
	"strings"
	"time"
)

// A report is the tables of BENCHMARKS.md.
type report struct{ sections []section }

type section struct {
	title, about string
	target       float64 // of the median ratio; 0 for none
	ratios       []float64
	limit        int64 // of the peak memory, bytes; 0 for none
	perApp       int64 // of the peak memory, bytes for each app that the first row has more than the second; 0 for none
	more         int   // apps that the first row has more
	rows         []row // the first is belay's, the second what it is held against
	notes        []string
}

type row struct {
	name    string
	results []result
}

// notes.md says what the profiles show where a target is missed, a section a
// measurement. It is written by hand.
//
//go:embed notes.md
var handNotes string

func (r *report) add(s section) {
	r.sections = append(r.sections, s)
	fmt.Printf("%s: %s\n", s.title, s.verdict())
}

func (s section) verdict() string {
	if len(s.ratios) == 0 {
		return "measured"
	}
	m := median(s.ratios)
	text := fmt.Sprintf("ratio %.2f (%.2f to %.2f)", m, slices.Min(s.ratios), slices.Max(s.ratios))
	if s.target > 0 {
		text += fmt.Sprintf(", target %.2f: %s", s.target, against(m, s.target))
	}
	if s.limit > 0 {
		peak := slices.Max(each(s.rows[0].results, rss))
		text += fmt.Sprintf("; memory %d MiB, limit %d MiB: %s", peak>>20, s.limit>>20, against(float64(peak), float64(s.limit)))
	}
	if s.perApp > 0 {
		grown := (median(each(s.rows[0].results, rss)) - median(each(s.rows[1].results, rss))) / int64(s.more)
		text += fmt.Sprintf("; memory %d KiB per app, limit %d KiB: %s", grown>>10, s.perApp>>10, against(float64(grown), float64(s.perApp)))
	}
	return text
}

func against(measured, target float64) string {
	if measured <= target {
		return "met"
	}
	return fmt.Sprintf("missed by %.0f %%", 100*(measured/target-1))
}

func (r *report) markdown() []byte {
	var out bytes.Buffer
	fmt.Fprintf(&out, `# Benchmarks

Written by "make bench". Whole processes, in turn (A B A B …) after a round that does not count, on %d cores
with %s. Ratios are of wall time, pair by pair; the median decides, the range says how noisy the machine was.
Absolute figures are medians, for orientation only.

`, runtime.NumCPU(), runtime.Version())
	for _, s := range r.sections {
		fmt.Fprintf(&out, "## %s\n\n%s\n\n**%s**\n\n", s.title, s.about, s.verdict())
		out.WriteString("| | wall | CPU | peak memory |\n|---|---|---|---|\n")
		for _, row := range s.rows {
			fmt.Fprintf(&out, "| %s | %s | %s | %d MiB |\n", row.name,
				round(median(each(row.results, wall))), round(median(each(row.results, cpu))), median(each(row.results, rss))>>20)
		}
		out.WriteString("\n")
		for _, n := range s.notes {
			fmt.Fprintf(&out, "%s\n\n", n)
		}
		if note := noteOn(s.title); note != "" {
			fmt.Fprintf(&out, "%s\n\n", note)
		}
	}
	return append(bytes.TrimRight(out.Bytes(), "\n"), '\n')
}

func round(d time.Duration) time.Duration {
	if d < time.Second {
		return d.Round(100 * time.Microsecond)
	}
	return d.Round(time.Millisecond)
}

// noteOn is the section of notes.md with that title.
func noteOn(title string) string {
	_, text, ok := strings.Cut(handNotes, "## "+title+"\n")
	if !ok {
		return ""
	}
	text, _, _ = strings.Cut(text, "\n## ")
	return strings.TrimSpace(text)
}
