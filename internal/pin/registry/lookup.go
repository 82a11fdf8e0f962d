package registry

import (
	"context"
	"errors"
	"net/http"
	"net/url"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/belay-sh/belay/internal/pin"
)

// A lookup finds the entry of one target.
type lookup struct {
	session *session
	target  *target
}

// entry asks for the manifest with one GET: it is hashed, and what it is of can
// be validated. Docker Hub counts every GET against the user's limit, and not
// HEAD, whose answer is a header only; there HEAD does where the media type is
// one that images alone have, and no platform is wanted.
func (l *lookup) entry(ctx context.Context) (pin.Entry, error) {
	if l.target.registry() == name.DefaultRegistry && len(l.target.query.Platforms) == 0 {
		d, err := l.head(ctx)
		if err == nil && d.MediaType != types.OCIManifestSchema1 {
			return pin.Entry{Digest: d.Digest.String()}, nil
		}
		if err != nil && !answered(err) {
			return pin.Entry{}, err
		}
	}
	d, err := l.get(ctx, l.target.ref)
	if err != nil {
		return pin.Entry{}, err
	}
	if err := l.isImage(d); err != nil {
		return pin.Entry{}, err
	}
	return l.onPlatforms(ctx, d)
}

// head is the descriptor that HEAD answers with, if it says all it should.
func (l *lookup) head(ctx context.Context) (d *v1.Descriptor, err error) {
	err = l.pull(ctx, func(p *remote.Puller) error {
		d, err = p.Head(ctx, l.target.ref)
		return err
	})
	if err == nil && (d.Digest.Algorithm != "sha256" || !d.MediaType.IsIndex() && !d.MediaType.IsImage()) {
		return nil, errors.New("not what a lock keeps")
	}
	return d, err
}

func (l *lookup) get(ctx context.Context, ref name.Reference) (d *remote.Descriptor, err error) {
	err = l.pull(ctx, func(p *remote.Puller) error {
		d, err = p.Get(ctx, ref)
		return err
	})
	return d, err
}

// pull does something with the repository's token; if it is turned away and
// the token is not its own, once more with one that is.
func (l *lookup) pull(ctx context.Context, do func(*remote.Puller) error) error {
	repository := l.target.ref.Context()
	a := l.session.reach(repository)
	if a.err != nil {
		return a.err
	}
	err := do(a.puller)
	if !a.shared || !turnedAway(err) {
		return err
	}
	if a = l.session.alone(ctx, repository); a.err != nil {
		return a.err
	}
	return do(a.puller)
}

// turnedAway reports whether a token did not do for what was asked.
func turnedAway(err error) bool {
	var status *transport.Error
	if !errors.As(err, &status) || status.StatusCode == http.StatusNotFound {
		return false
	}
	return status.StatusCode == http.StatusUnauthorized || refused(err)
}

// answered reports whether an error is an answer to HEAD that GET could better:
// not a broken line, nor a registry that is overloaded.
func answered(err error) bool {
	var status *transport.Error
	if errors.As(err, &status) {
		return !passes(status.StatusCode) && status.StatusCode != http.StatusUnauthorized
	}
	var line *url.Error
	return !errors.As(err, &line) && !errors.Is(err, context.Canceled) && !errors.Is(err, context.DeadlineExceeded)
}
