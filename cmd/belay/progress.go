package main

import (
	"context"
	"io"
	"time"

	"github.com/schollz/progressbar/v3"

	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/pin/registry"
)

// A progress is a registry client that shows what it waits for. On a terminal it is a
// bar with the number of images that are answered and the slowest registry; elsewhere
// it is a line per registry, printed before the requests.
type progress struct {
	*registry.Client
	cli *cli

	bar     *progressbar.ProgressBar
	waited  map[string]time.Duration // the time of all answers, by registry
	slowest string
}

// Resolve implements pin.Resolver.
func (p *progress) Resolve(ctx context.Context, queries []pin.Query) []pin.Answer {
	hosts, images := p.Registries(queries)
	if !p.cli.terminal {
		for i, host := range hosts {
			p.cli.PrintLine("asking %s, images: %d", host, images[i])
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

// done adds an answer to the bar.
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
