package lower

import (
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/compiler/admission"
)

// configurations makes a Configuration for each declared revision. Templates
// go without names: each Configuration has one revision that counts, its latest.
func (b *builder) configurations() {
	if !b.app.HasTracks() {
		return
	}
	b.tracked = map[string]string{}
	for _, r := range b.app.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		c := &servingv1.Configuration{ObjectMeta: b.meta(b.app.ConfigurationName(r.ID))}
		b.annotateImages(&c.ObjectMeta, r)
		c.Spec.Template = b.template(r)
		set := c.Spec.Template.DeepCopy()
		b.addKnative(c, r)
		b.tracked[r.ID] = admission.HashTemplate(*set, c.Spec.Template).String()
	}
}
