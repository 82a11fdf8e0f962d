package krm

import (
	"strconv"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/overlay"
	"github.com/belay-sh/belay/render"
)

// place adds objects to the items. An object replaces the item with the same
// identity; others are appended.
//
// kustomize gives a generator one item, its own configuration, which would become
// an object of the build if it were passed on. kpt gives all objects of a package,
// and deletes those that are not passed on.
func (c *call) place(objects []ir.Object) error {
	if len(c.items) == 1 && overlay.Identifier(c.items[0]) == overlay.Identifier(c.config.node) {
		c.items = nil
	}
	count := map[string]int{}
	at := map[yaml.ResourceIdentifier]int{}
	for i, item := range c.items {
		at[overlay.Identifier(item)] = i
	}
	for _, o := range objects {
		node := yaml.NewRNode(render.Node(o))
		file := o.FileKey.File()
		if err := setAnnotations(node, map[string]string{
			pathAnnotation: file, legacyPathAnnotation: file,
			indexAnnotation: strconv.Itoa(count[file]), legacyIndexAnnotation: strconv.Itoa(count[file]),
		}); err != nil {
			return err
		}
		count[file]++
		if i, ok := at[overlay.Identifier(node)]; ok {
			c.items[i] = node
		} else {
			c.items = append(c.items, node)
		}
	}
	return nil
}

func setAnnotations(n *yaml.RNode, annotations map[string]string) error {
	for _, key := range ir.Sorted(annotations) {
		if err := n.PipeE(yaml.SetAnnotation(key, annotations[key])); err != nil {
			return err
		}
	}
	return nil
}
