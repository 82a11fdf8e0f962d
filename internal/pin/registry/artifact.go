package registry

import (
	"encoding/json"
	"fmt"
	"strings"

	"github.com/google/go-containerregistry/pkg/v1/remote"
	"github.com/google/go-containerregistry/pkg/v1/types"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/pin"
)

// manifest is what of a manifest or an index says whether it is of an image
// (https://github.com/opencontainers/image-spec, manifest.md and image-index.md).
type manifest struct {
	SchemaVersion int           `json:"schemaVersion"`
	ArtifactType  string        `json:"artifactType"`
	Config        *descriptor   `json:"config"`
	Layers        []descriptor  `json:"layers"`
	Manifests     *[]descriptor `json:"manifests"`
}

type descriptor struct {
	MediaType    string            `json:"mediaType"`
	ArtifactType string            `json:"artifactType"`
	Annotations  map[string]string `json:"annotations"`
	Platform     *struct {
		OS           string `json:"os"`
		Architecture string `json:"architecture"`
	} `json:"platform"`
}

// configs are the media types of the configuration of an image. They are also
// what an image has as its artifactType, if it has one.
var configs = map[string]bool{
	string(types.OCIConfigJSON): true, string(types.DockerConfigJSON): true,
	"": true, // as builders before the media types have it
}

// artifacts are other things that registries hold, by a part of the media type
// of their configuration.
var artifacts = []struct{ mediaType, what string }{
	{"helm", "a Helm chart"},
	{"wasm", "a WebAssembly module"},
	{"vnd.docker.plugin", "a Docker plugin"},
	{"vnd.oci.empty", "an artifact without a configuration"},
	{"cosign", "a signature"},
	{"in-toto", "an attestation"},
}

// isImage rejects what nodes can't pull and run by digest.
func (l *lookup) isImage(d *remote.Descriptor) error {
	var m manifest
	err := json.Unmarshal(d.Manifest, &m)
	const another = "name the repository and tag of an image"
	switch {
	case d.MediaType.IsSchema1() || err == nil && m.SchemaVersion == 1:
		return l.unusable("a manifest of schema 1, which container runtimes no longer pull", "build the image again, or push it with a current docker")
	case err != nil || m.Config == nil && m.Manifests == nil:
		return l.unusable(fmt.Sprintf("%s, which is not an image", orUnknown(d.MediaType)), "correct the reference")
	case !configs[m.ArtifactType]:
		return l.unusable(artifact(m.ArtifactType, "artifactType"), another)
	case m.Manifests != nil:
		if what := notOfImages(*m.Manifests); what != "" {
			return l.unusable(what, another)
		}
	case !configs[m.Config.MediaType]:
		return l.unusable(artifact(m.Config.MediaType, "configuration"), another)
	case len(m.Layers) > 0 && !hasFiles(m.Layers):
		return l.unusable(artifact(m.Layers[0].MediaType, "layers"), another)
	}
	return nil
}

// notOfImages describes an index that has no image, or returns "".
func notOfImages(manifests []descriptor) string {
	if len(manifests) == 0 {
		return "an index of nothing"
	}
	attestations := 0
	for _, m := range manifests {
		switch {
		case m.isAttestation():
			attestations++
		case configs[m.ArtifactType] && (m.MediaType == "" || types.MediaType(m.MediaType).IsImage() || types.MediaType(m.MediaType).IsIndex()):
			return ""
		}
	}
	if attestations == len(manifests) {
		return "an index of attestations, without an image"
	}
	return "an index of artifacts, without an image"
}

// isAttestation reports whether an entry of an index is what BuildKit adds to
// say how an image was built.
func (d descriptor) isAttestation() bool {
	return d.Annotations["vnd.docker.reference.type"] == "attestation-manifest" ||
		d.Platform != nil && d.Platform.OS == "unknown" && d.Platform.Architecture == "unknown"
}

// hasFiles reports whether one of the layers is an archive of files, in any
// compression.
func hasFiles(layers []descriptor) bool {
	for _, l := range layers {
		if l.MediaType == "" || strings.Contains(l.MediaType, "image.layer") || strings.Contains(l.MediaType, "image.rootfs") {
			return true
		}
	}
	return false
}

func artifact(mediaType, of string) string {
	for _, a := range artifacts {
		if strings.Contains(mediaType, a.mediaType) {
			return fmt.Sprintf("%s, not an image (%s %.100q)", a.what, of, mediaType)
		}
	}
	return fmt.Sprintf("an artifact, not an image (%s %.100q)", of, mediaType)
}

func orUnknown(t types.MediaType) string {
	if t == "" {
		return "something without a media type"
	}
	return fmt.Sprintf("%.100q", string(t))
}

func (l *lookup) unusable(what, hint string) error {
	return &pin.Failure{Code: diag.UnusableImage, Registry: host(l.target.registry()), Message: "has " + what, Hint: hint}
}
