package overlay

import (
	"encoding/json"
	"fmt"
	"slices"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/pin"
)

// Pin replaces the image references of all objects by digests out of a lock,
// and reports the references that the lock has no digest for.
func Pin(objects []*yaml.RNode, lock *pin.Lock) ([]Finding, error) {
	b := newBuild(objects, nil)
	for _, o := range b.objects {
		if err := b.pinImages(o, lock, "the lock has no digest for %s"); err != nil {
			return nil, err
		}
	}
	return b.findings, nil
}

// pinImages gives the images of an object their digests, and notes the
// references that they stand for, as belay notes them on its own objects. The
// format missing is the message for a reference that is not in the lock.
func (b *build) pinImages(o *yaml.RNode, lock *pin.Lock, missing string) error {
	noted := map[string]string{}
	if text := o.GetAnnotations()[objectmeta.ImagesAnnotation]; text != "" {
		if err := json.Unmarshal([]byte(text), &noted); err != nil {
			b.report(newError(o, diag.InvalidAnnotation, "metadata.annotations", "%s is not JSON: %v", objectmeta.ImagesAnnotation, err))
			return nil
		}
	}
	changed := false
	for _, c := range containers(o) {
		ref := c.image.Value
		digested, err := pin.HasDigest(ref)
		switch {
		case err != nil:
			b.report(newError(o, diag.InvalidImage, c.path, "%q is not a valid image reference: %v", ref, err))
		case digested:
		case lock.Images[ref].Digest == "":
			b.report(newError(o, diag.MissingPin, c.path, missing, ref).
				withHint("give its digest as spec.images of the function: {%q: \"sha256:…\"}", ref).withValues(ref, ""))
		default:
			c.image.Value = pin.Pinned(ref, lock.Images[ref].Digest)
			noted[c.name], changed = ref, true
		}
	}
	if !changed {
		return nil
	}
	text, err := json.Marshal(noted)
	if err != nil {
		return err
	}
	return o.PipeE(yaml.SetAnnotation(objectmeta.ImagesAnnotation, string(text)))
}

// vetDigests reports the images that have lost the digest that belay gave them.
func (b *build) vetDigests(o *yaml.RNode) {
	for _, c := range containers(o) {
		if digested, err := pin.HasDigest(c.image.Value); err == nil && !digested {
			b.report(newError(o, diag.LostDigest, c.path, "the image %s has lost its digest", c.image.Value).
				withHint("an edit or kustomize's images replaced it; set the tag in the spec and run: belay pin; or write a digest where it is replaced").
				withValues(c.image.Value, ""))
		}
	}
}

// A container is an element of a list of containers in an object of any kind.
type container struct {
	name  string
	image *yaml.Node
	path  string // of the image
}

// containerLists are the fields in which Kubernetes has lists of containers.
var containerLists = []string{"containers", "initContainers", "ephemeralContainers"}

// containers returns the containers of an object, at whatever depth their lists
// are.
func containers(o *yaml.RNode) []container { return containersIn(o.YNode(), "") }

func containersIn(n *yaml.Node, path string) (found []container) {
	switch n.Kind {
	case yaml.SequenceNode:
		for i, e := range n.Content {
			found = append(found, containersIn(e, fmt.Sprintf("%s[%d]", path, i))...)
		}
	case yaml.MappingNode:
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			at := key
			if path != "" {
				at = path + "." + key
			}
			if value.Kind == yaml.SequenceNode && slices.Contains(containerLists, key) {
				found = append(found, containersOf(value, at)...)
			}
			found = append(found, containersIn(value, at)...)
		}
	}
	return found
}

// containersOf returns the elements of a list of containers that have an image.
func containersOf(list *yaml.Node, path string) (found []container) {
	for i, e := range list.Content {
		c := yaml.NewRNode(e)
		image, err := c.Pipe(yaml.Lookup("image"))
		if err != nil || image == nil || image.YNode().Kind != yaml.ScalarNode {
			continue
		}
		found = append(found, container{
			name: yaml.GetValue(field(c, "name")), image: image.YNode(), path: fmt.Sprintf("%s[%d].image", path, i),
		})
	}
	return found
}
