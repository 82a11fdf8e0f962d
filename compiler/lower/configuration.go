package lower

import (
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// configurations makes a Configuration for each declared revision. Templates
// go without names: each Configuration has one revision that counts, its latest.
func (b *builder) configurations() {
	if !b.tracks() {
		return
	}
	b.tracked = map[string]string{}
	for _, r := range b.app.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		c := &servingv1.Configuration{ObjectMeta: b.meta(configurationName(b.app.Name, r.ID))}
		b.annotateImages(&c.ObjectMeta, r)
		c.Spec.Template = b.template(r)
		set := c.Spec.Template.DeepCopy()
		b.upstream(servingAPI, c, r)
		b.tracked[r.ID] = hashText(templateHash(*set, c.Spec.Template))
	}
}

func configurationName(app, id string) string { return app + "-" + id }
