package pin

import (
	"context"
	"errors"
	"fmt"

	"github.com/google/go-containerregistry/pkg/authn"
	"github.com/google/go-containerregistry/pkg/name"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"golang.org/x/sync/errgroup"
)

// A Resolver finds the digest that a reference stands for now.
type Resolver interface {
	Resolve(ctx context.Context, ref string) (Entry, error)
}

// maxRequests is how many images are looked up at once.
const maxRequests = 32

// Resolve looks up references, each once, many at a time. The errors are
// joined, in the order of refs; with one of them there are no entries.
func Resolve(ctx context.Context, r Resolver, refs []string) (map[string]Entry, error) {
	entries := make([]Entry, len(refs))
	failures := make([]error, len(refs))
	var workers errgroup.Group
	workers.SetLimit(maxRequests)
	for i, ref := range refs {
		workers.Go(func() error {
			if entries[i], failures[i] = r.Resolve(ctx, ref); failures[i] != nil {
				failures[i] = fmt.Errorf("%s: %w", ref, failures[i])
			}
			return nil
		})
	}
	_ = workers.Wait() // failures has them all, not only the first
	if err := errors.Join(failures...); err != nil {
		return nil, err
	}
	found := make(map[string]Entry, len(refs))
	for i, ref := range refs {
		found[ref] = entries[i]
	}
	return found, nil
}

// Registry resolves references at their registries, with the credentials of
// the docker configuration.
type Registry struct {
	Options []remote.Option
}

// Resolve asks for the manifest's digest, with one HEAD request.
func (r Registry) Resolve(ctx context.Context, ref string) (Entry, error) {
	parsed, err := name.ParseReference(ref, name.WeakValidation)
	if err != nil {
		return Entry{}, parseError(ref)
	}
	options := append([]remote.Option{remote.WithContext(ctx), remote.WithAuthFromKeychain(authn.DefaultKeychain)}, r.Options...)
	descriptor, err := remote.Head(parsed, options...)
	if err != nil {
		return Entry{}, err
	}
	return Entry{Digest: descriptor.Digest.String()}, nil
}
