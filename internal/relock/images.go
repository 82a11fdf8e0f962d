package relock

import (
	"context"

	"golang.org/x/sync/errgroup"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/fault"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// An ImageVerifier verifies an image, given as name@digest, by what its maker
// publishes about it: a signature. The error says why the image must not run.
type ImageVerifier func(ctx context.Context, image string) error

// maxVerified is how many images are verified at once.
const maxVerified = 8

// A verificationSet maps each image to verify, as name@digest, to the nodes of
// specs that use it.
type verificationSet map[string][]*ir.Node

func (s verificationSet) add(ref, digest string, uses []*ir.Node) {
	image := pin.Pinned(ref, digest)
	s[image] = append(s[image], uses...)
}

// changedImages returns the images whose digest changes in the new locks.
func changedImages(locks []*lockPlan) verificationSet {
	images := verificationSet{}
	for _, l := range locks {
		for ref, uses := range l.uses {
			if digest := l.New.Images[ref].Digest; digest != l.Old.Images[ref].Digest {
				images.add(ref, digest, uses)
			}
		}
	}
	return images
}

// verify reports the images that a verifier rejects, at their places in specs.
// The error is that of ctx; then there are no diagnostics, since a verifier that
// was interrupted says nothing about its image.
func (v ImageVerifier) verify(ctx context.Context, images verificationSet) (diags diag.List, err error) {
	if v == nil {
		return nil, nil
	}
	names := ir.Sorted(images)
	rejections := make([]error, len(names))
	var workers errgroup.Group
	workers.SetLimit(maxVerified)
	for i, image := range names {
		workers.Go(func() error {
			defer fault.Exit()
			rejections[i] = v(ctx, image)
			return nil
		})
	}
	_ = workers.Wait() // rejections has every error, not only the first
	if ctx.Err() != nil {
		return nil, context.Cause(ctx)
	}
	for i, image := range names {
		if rejections[i] != nil {
			diags.Add(reportAtFirst(images[image], diag.UnverifiedImage, "%s is not verified: %v", image, rejections[i]).
				WithHint("see that it is the image that is meant, and signed by whom it should be"))
		}
	}
	return diags, nil
}
