package compiler

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// A Verifier judges an image, given as name@digest, by what its maker says of
// it: a signature. The error is why it is not to be run.
type Verifier func(ctx context.Context, image string) error

// maxVerified is how many images are judged at once.
const maxVerified = 8

// judged are images to judge, each once, and where specs have them.
type judged map[string][]*ir.Node

func (j judged) add(ref, digest string, uses []*ir.Node) {
	image := pin.Pinned(ref, digest)
	j[image] = append(j[image], uses...)
}

// changed are the images of locks that are not pinned as they were.
func changed(locks []*plannedLock) judged {
	images := judged{}
	for _, l := range locks {
		for ref, uses := range l.uses {
			if digest := l.New.Images[ref].Digest; digest != l.Old.Images[ref].Digest {
				images.add(ref, digest, uses)
			}
		}
	}
	return images
}

// verify tells the images that a verifier refuses, at their places in specs.
// The error is that of ctx: what was judged while it ended is not told.
func (v Verifier) verify(ctx context.Context, images judged) (diags diag.List, err error) {
	if v == nil {
		return nil, nil
	}
	names := ir.Sorted(images)
	refusals := make([]error, len(names))
	var workers errgroup.Group
	workers.SetLimit(maxVerified)
	for i, image := range names {
		workers.Go(func() error {
			defer fault.Exit()
			refusals[i] = v(ctx, image)
			return nil
		})
	}
	_ = workers.Wait() // refusals has them all, not only the first
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, image := range names {
		if refusals[i] != nil {
			diags.Add(atFirst(images[image], diag.UnverifiedImage, "%s is not verified: %v", image, refusals[i]).
				WithHint("see that it is the image that is meant, and signed by whom it should be"))
		}
	}
	return diags, nil
}
