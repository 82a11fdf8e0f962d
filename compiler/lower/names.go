package lower

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"

	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/ir"
)

// names are the names of the app's declared revisions, with strategy
// "service": computed from content, so that rendering needs no memory.
//
// The hash covers the template's labels, annotations and spec after all
// defaults. The webhook refuses a template that differs in any of them under
// an unchanged name (knative.dev/serving/pkg/apis/serving/v1/revision_validation.go,
// VerifyNameChange), and a rollback reuses a name only for the same content.
func (b *builder) names() []ir.RevisionName {
	if b.named != nil || b.app.Spec.Strategy != "service" {
		return b.named
	}
	for _, r := range b.app.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		template := b.template(r)
		s := &servingv1.Service{}
		s.Spec.Template = template
		s.SetDefaults(b.ctx)
		sum := templateHash(s.Spec.Template)
		b.named = append(b.named, ir.RevisionName{
			Namespace: b.app.Namespace,
			App:       b.app.Name,
			ID:        r.ID,
			Name:      b.app.Name + "-" + r.ID + "-" + hex.EncodeToString(sum[:4]),
			Hash:      "sha256:" + hex.EncodeToString(sum[:]),
			Latest:    r.ID == b.app.Spec.Latest,
			Node:      b.app.Node.Field("revisions").Field(r.ID),
		})
	}
	return b.named
}

func templateHash(t servingv1.RevisionTemplateSpec) [sha256.Size]byte {
	t.Name = ""
	data, err := json.Marshal(t)
	if err != nil {
		panic("belay internal: template: " + err.Error())
	}
	return sha256.Sum256(data)
}
