package krm

import (
	"cmp"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// A kustomization is what belay reads from the kustomization that lists the
// function. kustomize runs the function in its directory.
type kustomization struct {
	namespace  string // kustomize moves all objects to it; "" if it moves none
	transforms bool   // it has transformers, among which Finalize may be
}

// kustomization reads the kustomization in the function's directory. Errors in it
// are not reported, since kustomize has read it before.
func (c *call) kustomization() (k kustomization) {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		text := c.opts.Source(name)
		if text == nil {
			continue
		}
		file, err := yaml.Parse(string(text))
		if err != nil {
			return k
		}
		k.transforms = hasElements(fieldOf(file, "transformers"))
		namespace := yaml.GetValue(fieldOf(file, "namespace"))
		if schema.Document.Field("target").Type.Field("name").Type.Pattern.Match(namespace) {
			k.namespace = namespace
		}
		return k
	}
	return k
}

// hostNamespace returns the namespace of apps whose spec names none: that of the
// configuration, otherwise the one that kustomize will move them to, so that hosts
// and other texts that contain it need no repair.
func (c *call) hostNamespace() string {
	return cmp.Or(c.config.node.GetNamespace(), c.kustomization().namespace)
}

// warnOfMoves reports the objects that kustomize's namespace will move from where
// they belong, if no transformer can put them back.
func (c *call) warnOfMoves(objects []ir.Object) {
	k := c.kustomization()
	if k.namespace == "" || k.transforms {
		return
	}
	for _, o := range objects {
		if o.Namespace != "" && o.Namespace != k.namespace {
			c.results.add(newResult(c.config.node, diag.Warning, diag.LostReference, "", "the kustomization's namespace %s moves the %s %s from %s, where it belongs", k.namespace, o.Kind, o.Name, o.Namespace).
				withHint("list belay's Finalize under transformers, which puts it back"))
		}
	}
}

// hasElements reports whether a value is a list that is not empty.
func hasElements(n *yaml.RNode) bool {
	return n != nil && n.YNode().Kind == yaml.SequenceNode && len(n.Content()) > 0
}
