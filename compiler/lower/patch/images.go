package patch

import (
	"fmt"

	"github.com/go-json-experiment/json/v1"
	corev1 "k8s.io/api/core/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/pin"
)

// templateImage is an image of a template, and where the template has it.
type templateImage struct{ path, ref string }

func imagesOf(pod *corev1.PodSpec) (images []templateImage) {
	add := func(ref, format string, i int) {
		images = append(images, templateImage{"spec.template.spec." + fmt.Sprintf(format, i), ref})
	}
	for i, c := range pod.InitContainers {
		add(c.Image, "initContainers[%d].image", i)
	}
	for i, c := range pod.Containers {
		add(c.Image, "containers[%d].image", i)
	}
	for i, v := range pod.Volumes {
		if v.Image != nil {
			add(v.Image.Reference, "volumes[%d].image.reference", i)
		}
	}
	return images
}

// podOf returns the pod of an object's template; of an object without one it is
// empty.
func podOf(object []byte) *corev1.PodSpec {
	var o struct {
		Spec struct {
			Template struct{ Spec corev1.PodSpec }
		}
	}
	if err := json.Unmarshal(object, &o); err != nil {
		panic("belay internal: an object with a template that is not a pod's: " + err.Error())
	}
	return &o.Spec.Template.Spec
}

// unpinnedImages reports images without a digest that a patch brings into a
// template. What the object had before it has from the spec, where a missing pin
// is reported.
func unpinnedImages(before, after []byte) (violations []admission.Violation) {
	had := map[string]bool{}
	for _, image := range imagesOf(podOf(before)) {
		had[image.ref] = true
	}
	for _, image := range imagesOf(podOf(after)) {
		digested, err := pin.HasDigest(image.ref)
		if had[image.ref] || image.ref == "" || digested || err != nil { // admission reports what is not a reference
			continue
		}
		violations = append(violations, admission.Violation{
			Path:    image.path,
			Message: fmt.Sprintf("the image %q has no digest, and belay pin does not look into patches", image.ref),
			Hint:    `set image in the spec, or write the digest, as "registry.example.com/web@sha256:…"`,
		})
	}
	return violations
}
