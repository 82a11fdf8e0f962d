package registry

import (
	"errors"
	"regexp"
	"testing"

	"github.com/google/go-containerregistry/pkg/name"
	v1 "github.com/google/go-containerregistry/pkg/v1"
	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"
	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/pin"
)

// FuzzManifest reads what a registry may send as an index: an entry or a
// failure comes of it, never both nor neither.
func FuzzManifest(f *testing.F) {
	f.Add([]byte(`{"schemaVersion": 2, "manifests": [{"digest": "`+wrongDigest+`", "platform": {"os": "linux", "architecture": "amd64"}}]}`), true)
	f.Add([]byte(`{"schemaVersion": 2, "manifests": [{"platform": null}, {}]}`), false)
	f.Add([]byte(`{"schemaVersion": 2, "manifests": [{"platform": {"os": "linux", "architecture": "amd64"}}]}`), true)
	f.Add([]byte(`{"schemaVersion": 1}`), false)
	f.Add([]byte(`<html>`), false)
	digest := regexp.MustCompile(`^sha256:[0-9a-f]{64}$`)
	f.Fuzz(func(t *testing.T, manifest []byte, single bool) {
		offline := &session{access: map[string]*access{"registry.example.com/app": {err: errors.New("offline")}}}
		l := &lookup{session: offline, target: &target{
			ref:   name.MustParseReference("registry.example.com/app:v1"),
			query: pin.Query{Platforms: []string{"linux/amd64"}, Single: single},
		}}
		d := &remote.Descriptor{Manifest: manifest, Descriptor: v1.Descriptor{MediaType: types.OCIImageIndex, Digest: v1.Hash{Algorithm: "sha256", Hex: wrongDigest[len("sha256:"):]}}}
		if l.isImage(d) != nil {
			return
		}
		if entry, err := l.onPlatforms(t.Context(), d); err == nil {
			assert.Regexp(t, digest, entry.Digest)
		}
	})
}
