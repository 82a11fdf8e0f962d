package lower

import (
	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/naming"
)

// names are the names of the app's declared revisions, with strategy
// "service": computed from content, so that rendering needs no memory.
//
// The hash covers the template's labels, annotations and spec after all
// defaults, in belay's own form (admission.HashTemplate). The webhook rejects a template
// that differs in any of them under an unchanged name (knative.dev/serving/pkg/apis/serving/v1/revision_validation.go,
// VerifyNameChange), and a rollback reuses a name only for the same content.
func (b *builder) names() []ir.RevisionName {
	if b.named != nil || b.app.Spec.Strategy != "service" {
		return b.named
	}
	released := b.releasedSettings()
	for _, r := range b.app.Revisions {
		if r.Spec.Existing != "" {
			continue
		}
		n := ir.RevisionName{
			Target:    b.pinned.Target.Name,
			Namespace: b.app.Namespace,
			Open:      b.app.OpenNamespace,
			App:       b.app.Name,
			ID:        r.ID,
			Latest:    r.ID == b.app.Spec.Latest,
			Node:      b.app.Node.Field("revisions").Field(r.ID),
		}
		n.Name, n.Hash = b.contentName(b.admission, r)
		if released != nil {
			n.Released, _ = b.contentName(released, r)
		}
		b.named = append(b.named, n)
	}
	return b.named
}

// releasedSettings returns the controller with the settings of the target's
// release, where the cluster has others; otherwise nil.
func (b *builder) releasedSettings() *admission.Controller {
	if len(b.pinned.Target.Config) == 0 {
		return nil
	}
	released := *b.pinned.Target
	released.Config = nil
	controller, err := admission.For(&released)
	if err != nil {
		panic("belay internal: the settings of a release: " + err.Error())
	}
	return controller
}

// contentName is the name and the hash of a revision with a cluster's defaults.
func (b *builder) contentName(cluster *admission.Controller, r *ir.Revision) (name, hash string) {
	sum := cluster.TemplateHash(b.template(r))
	return naming.Revision(b.app.Name, r.ID, sum.Short()), sum.String()
}
