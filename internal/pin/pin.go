// Package pin is the third stage: it gives every image of a checked spec the
// digest that the lock has for it. The stage itself never dials; only the
// resolver, which "belay pin" fills the lock with, does.
package pin

import (
	"cmp"
	"strings"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/reference"
)

// Image is a use of an image in a spec.
type Image struct {
	Ref  string // as written
	Node *ir.Node
}

// Images are the images that a checked spec uses, in the order of its apps,
// revisions and containers; an image that several revisions inherit is listed
// for each.
func Images(c *ir.Checked) []Image {
	var images []Image
	for _, app := range c.Apps {
		for _, r := range app.Revisions {
			images = append(images, revisionImages(r)...)
		}
	}
	return images
}

func revisionImages(r *ir.Revision) (images []Image) {
	if r.Spec.Existing != "" {
		return nil
	}
	for _, c := range r.Containers() {
		images = append(images, Image{c.Spec.Image, c.Node.Find("image")})
		for _, path := range ir.Sorted(c.Spec.Mounts) {
			if ref := c.Spec.Mounts[path].Image; ref != "" {
				images = append(images, Image{ref, c.Node.Find("mounts", path, "image")})
			}
		}
	}
	return images
}

// Apply looks up the digests of a spec's images. References that have one need
// no entry in the lock. A missing pin is of the severity given.
func Apply(c *ir.Checked, lock *Lock, missing diag.Severity) (ir.Pinned, diag.List) {
	pinned := ir.Pinned{Checked: c, Digests: map[string]string{}}
	var diags diag.List
	for _, image := range Images(c) {
		if pinned.Digests[image.Ref] != "" {
			continue
		}
		digested, err := HasDigest(image.Ref)
		if err != nil {
			diags.Add(image.Node.Errorf(diag.InvalidImage, "%q is not a valid image reference: %v", image.Ref, err))
			continue
		}
		if digested {
			continue
		}
		if entry, ok := lock.Images[image.Ref]; ok {
			pinned.Digests[image.Ref] = entry.Digest
			continue
		}
		d := Missing(image)
		d.Severity = missing
		diags.Add(d)
	}
	return pinned, diags
}

// Missing is the error for an image that the lock has no digest for.
func Missing(image Image) diag.Diagnostic {
	return image.Node.Errorf(diag.MissingPin, missing+"%s", image.Ref).WithHint("run: belay pin")
}

const missing = "the lock has no digest for "

// MissingRef returns the reference that the error of Missing is about. It reports
// whether a diagnostic is that error.
func MissingRef(d diag.Diagnostic) (ref string, ok bool) {
	if d.Code != diag.MissingPin {
		return "", false
	}
	return strings.CutPrefix(d.Message, missing)
}

// HasDigest reports whether a reference names a digest. The error is that of a
// reference that can't be parsed.
func HasDigest(ref string) (bool, error) {
	parsed, err := reference.Parse(ref)
	return parsed.Digest != "", err
}

// Pinned is a reference as it is emitted: name@digest, the tag dropped. Without
// a digest to add it is the reference itself.
func Pinned(ref, digest string) string {
	repository, _, own := Split(ref)
	if digest = cmp.Or(own, digest); digest == "" {
		return ref
	}
	return repository + "@" + digest
}

// Split cuts a reference into what it is made of; a tag or a digest that it
// does not have is "".
func Split(ref string) (repository, tag, digest string) {
	repository, digest, _ = strings.Cut(ref, "@")
	if i := strings.LastIndexByte(repository, ':'); i > strings.LastIndexByte(repository, '/') {
		repository, tag = repository[:i], repository[i+1:]
	}
	return repository, tag, digest
}
