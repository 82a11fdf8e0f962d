package krm

import (
	"encoding/json"
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// pins reads the digests that stand in the configuration itself, as pins or
// spec.images, and gives them to the compiler as a lock beside the file.
func (l *list) pins() error {
	for _, path := range [][]string{{"pins"}, {"spec", "images"}} {
		node := l.config.field(path...)
		if node == nil || !slices.Contains(fields[l.config.kind], strings.Join(path, ".")) {
			continue
		}
		lock := pin.NewLock()
		if err := node.VisitFields(func(f *yaml.MapNode) error {
			lock.Images[yaml.GetValue(f.Key)] = pin.Entry{Digest: yaml.GetValue(f.Value)}
			return nil
		}); err != nil {
			l.results.add(about(l.config.node, diag.Error, diag.WrongType, strings.Join(path, "."), "this takes a map, from references to digests"))
			return nil
		}
		for _, ref := range ir.Sorted(lock.Images) {
			if digest := lock.Images[ref].Digest; !pin.IsDigest(digest) {
				l.results.add(about(l.config.node, diag.Error, diag.InvalidLock, strings.Join(path, ".")+"."+ref, "%q is no digest; it takes sha256: and 64 digits", digest))
			}
		}
		l.opts.Pins = lock.Images
	}
	return nil
}

// lock is the lock of the function's directory, with the configuration's own
// digests. It is nil if it is broken, which the results then tell.
func (l *list) lock() (*pin.Lock, error) {
	if err := l.pins(); err != nil || l.results.HasErrors() {
		return nil, err
	}
	lock, diags := compiler.NearestLock(l.opts.Dir, l.opts.Options)
	for _, d := range diags {
		l.results.add(l.fileResult(d))
	}
	if diags.HasErrors() {
		return nil, nil
	}
	return lock, nil
}

// pin gives the images of all items their digests.
func (l *list) pin() error {
	lock, err := l.lock()
	if err != nil || lock == nil {
		return err
	}
	for _, item := range l.items {
		if err := l.pinItem(item, lock, "the lock has no digest for %s"); err != nil {
			return err
		}
	}
	return nil
}

// pinItem gives the images of an item their digests, and notes the references
// that they stand for, as belay's own objects have them.
func (l *list) pinItem(item *yaml.RNode, lock *pin.Lock, missing string) error {
	noted := map[string]string{}
	if text := item.GetAnnotations()[imagesAnnotation]; text != "" {
		if err := json.Unmarshal([]byte(text), &noted); err != nil {
			l.results.add(about(item, diag.Error, diag.InvalidAnnotation, "metadata.annotations", "%s is not JSON: %v", imagesAnnotation, err))
			return nil
		}
	}
	changed := false
	for _, c := range containers(item) {
		ref := c.image.Value
		digested, err := pin.HasDigest(ref)
		switch {
		case err != nil:
			l.results.add(about(item, diag.Error, diag.InvalidImage, c.path, "%q is not a valid image reference: %v", ref, err))
		case digested:
		case lock.Images[ref].Digest == "":
			r := about(item, diag.Error, diag.MissingPin, c.path, missing, ref).withHint("run: belay pin; or give its digest as spec.images of the function")
			r.Field.CurrentValue = ref
			l.results.add(r)
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
	return item.PipeE(yaml.SetAnnotation(imagesAnnotation, string(text)))
}

// imagesAnnotation holds the references that digests stand for, by container.
const imagesAnnotation = "belay.sh/images"

// A container is one of an object, of whatever kind.
type container struct {
	name  string
	image *yaml.Node
	path  string
}

// containers finds the containers of an object: the elements of lists that go
// by the names that Kubernetes has for them, wherever they stand.
func containers(item *yaml.RNode) (found []container) {
	var walk func(n *yaml.Node, path string)
	walk = func(n *yaml.Node, path string) {
		if n.Kind == yaml.SequenceNode {
			for i, e := range n.Content {
				walk(e, fmt.Sprintf("%s[%d]", path, i))
			}
			return
		}
		if n.Kind != yaml.MappingNode {
			return
		}
		for i := 0; i+1 < len(n.Content); i += 2 {
			key, value := n.Content[i].Value, n.Content[i+1]
			at := key
			if path != "" {
				at = path + "." + key
			}
			if value.Kind == yaml.SequenceNode && slices.Contains([]string{"containers", "initContainers", "ephemeralContainers"}, key) {
				found = append(found, ofList(value, at)...)
			}
			walk(value, at)
		}
	}
	walk(item.YNode(), "")
	return found
}

func ofList(list *yaml.Node, path string) (found []container) {
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

// field is the value at a path of an object, or nil.
func field(o *yaml.RNode, path ...string) *yaml.RNode {
	n, err := o.Pipe(yaml.Lookup(path...))
	if err != nil {
		return nil
	}
	return n
}
