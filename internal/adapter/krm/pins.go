package krm

import (
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// readPins reads the digests in the configuration itself, as pins or spec.images,
// and gives them to the compiler as a lock next to the file.
func (c *call) readPins() error {
	for _, path := range [][]string{{"pins"}, {"spec", "images"}} {
		name := strings.Join(path, ".")
		node := c.config.field(path...)
		if node == nil || !slices.Contains(allowedFields[c.config.kind], name) {
			continue
		}
		lock := pin.NewLock()
		if err := node.VisitFields(func(f *yaml.MapNode) error {
			lock.Images[yaml.GetValue(f.Key)] = pin.Entry{Digest: yaml.GetValue(f.Value)}
			return nil
		}); err != nil {
			c.results.add(newResult(c.config.node, diag.Error, diag.WrongType, name, "this takes a map, from references to digests"))
			return nil
		}
		for _, ref := range ir.Sorted(lock.Images) {
			if digest := lock.Images[ref].Digest; !pin.IsDigest(digest) {
				c.results.add(newResult(c.config.node, diag.Error, diag.InvalidLock, name+"."+ref, "%q is no digest; it takes sha256: and 64 digits", digest))
			}
		}
		c.opts.Pins = lock.Images
	}
	return nil
}
