package main

import (
	"context"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/pin/registry"
)

// progress is a registry client that shows what it waits for: on a terminal a
// bar with how many images have their answer and which registry is the
// slowest, elsewhere a line a registry before it is asked.
type progress struct {
	*registry.Client
	cli *cli

	bar     *progressbar.ProgressBar
	waited  map[string]time.Duration // by registry: for all its answers
	slowest string
}

// Resolve implements pin.Resolver.
func (p *progress) Resolve(ctx context.Context, queries []pin.Query) []pin.Answer {
	hosts, images := p.Registries(queries)
	if !p.cli.terminal {
		for i, host := range hosts {
			p.cli.Say("asking %s, images: %d", host, images[i])
		}
		return p.Client.Resolve(ctx, queries)
	}
	total := 0
	for _, n := range images {
		total += n
	}
	if total == 0 {
		return p.Client.Resolve(ctx, queries)
	}
	p.waited, p.slowest = map[string]time.Duration{}, ""
	p.bar = newBar(p.cli.Err, total)
	defer p.bar.Finish()
	return p.Client.Resolve(ctx, queries)
}

func newBar(w io.Writer, total int) *progressbar.ProgressBar {
	return progressbar.NewOptions(total,
		progressbar.OptionSetWriter(w),
		progressbar.OptionSetDescription("looking up images"),
		progressbar.OptionShowCount(),
		progressbar.OptionSetWidth(24),
		progressbar.OptionSetPredictTime(false),
		progressbar.OptionSetElapsedTime(false),
		progressbar.OptionThrottle(50*time.Millisecond),
		progressbar.OptionClearOnFinish())
}

// done notes an answer.
func (p *progress) done(e registry.Event) {
	if p.bar == nil {
		return
	}
	if p.waited[e.Registry] += e.Took; p.waited[e.Registry] > p.waited[p.slowest] && e.Registry != p.slowest {
		p.slowest = e.Registry
		p.bar.Describe("looking up images, slowest: " + e.Registry)
	}
	p.bar.Add(1)
}
