package krm

import (
	"cmp"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// A kustomization is what belay reads of the one that the function is listed in,
// which is in the directory that kustomize runs the function in.
type kustomization struct {
	namespace  string // that kustomize moves all objects to; "" if it leaves them
	transforms bool   // has transformers, among which Finalize may be
}

// kustomization reads the kustomization in the function's directory. What is not
// there, or can't be read, is kustomize's to report, which has read it before.
func (l *list) kustomization() (k kustomization) {
	for _, name := range []string{"kustomization.yaml", "kustomization.yml", "Kustomization"} {
		text := l.opts.Source(name)
		if text == nil {
			continue
		}
		file, err := yaml.Parse(string(text))
		if err != nil {
			return k
		}
		k.transforms = len(elements(file, "transformers")) > 0
		namespace := yaml.GetValue(field(file, "namespace"))
		if schema.Document.Field("target").Type.Field("name").Type.Pattern.Match(namespace) {
			k.namespace = namespace
		}
		return k
	}
	return k
}

// hostNamespace is the namespace of apps whose spec names none: that of the
// configuration, or that which kustomize will move them to anyway. Objects that
// name it, by hosts for one, are right from the start then.
func (l *list) hostNamespace() string {
	return cmp.Or(l.config.node.GetNamespace(), l.kustomization().namespace)
}

// warnOfMoves reports what kustomize's namespace will move from where it belongs,
// if no transformer can put it back.
func (l *list) warnOfMoves(objects []ir.Object) {
	k := l.kustomization()
	if k.namespace == "" || k.transforms {
		return
	}
	for _, o := range objects {
		if o.Namespace != "" && o.Namespace != k.namespace {
			l.results.add(about(l.config.node, diag.Warning, diag.LostReference, "", "the kustomization's namespace %s moves the %s %s from %s, where it belongs", k.namespace, o.Kind, o.Name, o.Namespace).
				withHint("list belay's Finalize under transformers, which puts it back"))
		}
	}
}
