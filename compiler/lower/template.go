package lower

import (
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/pin"
)

// conversion returns what the tables of fields need to write an object of the
// app.
func (b *builder) conversion() *fields.Conversion {
	return &fields.Conversion{
		Target: b.pinned.Target,
		Image:  func(reference string) string { return pin.Pinned(reference, b.pinned.Digests[reference]) },
	}
}

// template makes the template of a revision, without a name and before
// upstream's defaults.
func (b *builder) template(r *ir.Revision) (t servingv1.RevisionTemplateSpec) {
	t.ObjectMeta = b.podMeta(r)
	c := b.conversion()
	fields.Template.Write(c, r.Node, r, &t.Spec)
	b.diags.Add(c.Diags...)
	return t
}
