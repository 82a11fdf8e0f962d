package registry

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/remote/transport"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/belay-sh/belay/diag"
	"github.com/belay-sh/belay/pin"
)

// A lookup finds the entry of one target.
type lookup struct {
	session *session
	target  *target
}

// entry asks for the manifest's digest with HEAD, whose answer is a header
// only. With GET the manifest itself comes, and is hashed: where platforms are
// wanted, where HEAD does not do, and for the first image of each registry, so
// that one whose headers are wrong is found out before any is believed. Docker
// Hub is not asked so: it counts every GET against the user's limit.
func (l *lookup) entry(ctx context.Context, first bool) (pin.Entry, error) {
	q := l.target.query
	whole := len(q.Platforms) > 0 || first && l.target.registry() != name.DefaultRegistry
	if !whole {
		d, err := l.head(ctx)
		if err == nil {
			return pin.Entry{Digest: d.Digest.String()}, nil
		}
		if !answered(err) {
			return pin.Entry{}, err
		}
	}
	d, err := l.get(ctx)
	if err != nil {
		return pin.Entry{}, err
	}
	if err := l.isImage(d); err != nil {
		return pin.Entry{}, err
	}
	return l.onPlatforms(d)
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

func (l *lookup) get(ctx context.Context) (d *remote.Descriptor, err error) {
	err = l.pull(ctx, func(p *remote.Puller) error {
		d, err = p.Get(ctx, l.target.ref)
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

// isImage refuses manifests that nodes can't pull by digest.
func (l *lookup) isImage(d *remote.Descriptor) error {
	var manifest struct {
		SchemaVersion int             `json:"schemaVersion"`
		Config        json.RawMessage `json:"config"`
		Manifests     json.RawMessage `json:"manifests"`
	}
	err := json.Unmarshal(d.Manifest, &manifest)
	switch {
	case d.MediaType.IsSchema1() || err == nil && manifest.SchemaVersion == 1:
		return l.unusable("a manifest of schema 1, which container runtimes no longer pull", "build the image again, or push it with a current docker")
	case err != nil || manifest.Config == nil && manifest.Manifests == nil:
		return l.unusable(fmt.Sprintf("%s, which is no image", orUnknown(d.MediaType)), "correct the reference")
	}
	return nil
}

func orUnknown(t types.MediaType) string {
	if t == "" {
		return "something without a media type"
	}
	return string(t)
}

func (l *lookup) unusable(what, hint string) error {
	return &pin.Failure{Code: diag.UnusableImage, Registry: host(l.target.registry()), Message: "has " + what, Hint: hint}
}

// onPlatforms is the entry of a manifest that has the wanted platforms.
func (l *lookup) onPlatforms(d *remote.Descriptor) (pin.Entry, error) {
	q := l.target.query
	entry := pin.Entry{Digest: d.Digest.String(), Platforms: q.Platforms}
	if len(q.Platforms) == 0 {
		return entry, nil
	}
	manifests, err := manifestsOf(d)
	if err != nil {
		return entry, err
	}
	var missing []string
	for _, platform := range q.Platforms {
		m := slices.IndexFunc(manifests, func(m v1.Descriptor) bool { return satisfies(m.Platform, platform) })
		switch {
		case m < 0:
			missing = append(missing, platform)
		case q.Single && manifests[m].Digest.Algorithm != "sha256":
			return entry, l.unusable("an index that gives no sha256 digest for "+platform, "push the image again")
		case q.Single:
			entry.Digest, entry.Index = manifests[m].Digest.String(), d.Digest.String()
		}
	}
	if missing != nil {
		return entry, &pin.Failure{
			Code: diag.MissingPlatform, Registry: host(l.target.registry()),
			Message: fmt.Sprintf("has the image for %s, not for %s", platforms(manifests), strings.Join(missing, ", ")),
			Hint:    "push it for all platforms that are needed, or ask for fewer with --platform",
		}
	}
	return entry, nil
}

// manifestsOf are the manifests of an index; an image without one is its own.
func manifestsOf(d *remote.Descriptor) ([]v1.Descriptor, error) {
	if d.MediaType.IsIndex() {
		index, err := v1.ParseIndexManifest(bytes.NewReader(d.Manifest))
		if err != nil {
			return nil, err
		}
		return index.Manifests, nil
	}
	image, err := d.Image()
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	own := d.Descriptor
	own.Platform = config.Platform()
	return []v1.Descriptor{own}, nil
}

func satisfies(has *v1.Platform, wanted string) bool {
	p, err := v1.ParsePlatform(wanted)
	return err == nil && has != nil && has.Satisfies(*p)
}

// platforms names what manifests run on; attestations have "unknown/unknown".
func platforms(manifests []v1.Descriptor) string {
	var names []string
	for _, m := range manifests {
		if m.Platform != nil && m.Platform.OS != "unknown" {
			names = append(names, m.Platform.String())
		}
	}
	slices.Sort(names)
	if names = slices.Compact(names); names == nil {
		return "no platform that it names"
	}
	return strings.Join(names, ", ")
}
