package registry

import (
	"bytes"
	"context"
	"fmt"
	"slices"
	"strings"

	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

// onPlatforms is the entry of a manifest that has the wanted platforms.
func (l *lookup) onPlatforms(ctx context.Context, d *remote.Descriptor) (pin.Entry, error) {
	q := l.target.query
	entry := pin.Entry{Digest: d.Digest.String(), Platforms: q.Platforms}
	if len(q.Platforms) == 0 {
		return entry, nil
	}
	manifests, err := l.manifestsOf(ctx, d)
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
// Where an index gives no platform for a manifest, what counts is what the
// manifest's own configuration says, as for containerd.
func (l *lookup) manifestsOf(ctx context.Context, d *remote.Descriptor) ([]v1.Descriptor, error) {
	if !d.MediaType.IsIndex() {
		own := d.Descriptor
		platform, err := platformOf(d)
		own.Platform = platform
		return []v1.Descriptor{own}, err
	}
	index, err := v1.ParseIndexManifest(bytes.NewReader(d.Manifest))
	if err != nil {
		return nil, err
	}
	for i, m := range index.Manifests {
		named := m.Platform != nil && m.Platform.OS != ""
		image := m.MediaType.IsImage() && configs[m.ArtifactType] && m.Annotations["vnd.docker.reference.type"] == ""
		if named || !image || m.Digest.Algorithm != "sha256" {
			continue
		}
		one, err := l.get(ctx, l.target.ref.Context().Digest(m.Digest.String()))
		if err != nil {
			return nil, err
		}
		if index.Manifests[i].Platform, err = platformOf(one); err != nil {
			return nil, err
		}
	}
	return index.Manifests, nil
}

// platformOf is the platform in an image's configuration; linux/amd64 where
// that has none, as for crane.
func platformOf(d *remote.Descriptor) (*v1.Platform, error) {
	image, err := d.Image()
	if err != nil {
		return nil, err
	}
	config, err := image.ConfigFile()
	if err != nil {
		return nil, err
	}
	if p := config.Platform(); p != nil && p.OS != "" && p.Architecture != "" {
		return p, nil
	}
	return &v1.Platform{OS: "linux", Architecture: "amd64"}, nil
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
