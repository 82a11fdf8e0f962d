package lower

import (
	"context"
	"encoding/hex"

	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/ir"
)

// names are the names of the app's declared revisions, with strategy
// "service": computed from content, so that rendering needs no memory.
//
// The hash covers the template's labels, annotations and spec after all
// defaults, in belay's own form (canonicalForm). The webhook refuses a template
// that differs in any of them under an unchanged name (knative.dev/serving/pkg/apis/serving/v1/revision_validation.go,
// VerifyNameChange), and a rollback reuses a name only for the same content.
func (b *builder) names() []ir.RevisionName {
	if b.named != nil || b.app.Spec.Strategy != "service" {
		return b.named
	}
	released := b.releasedContext()
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
		n.Name, n.Hash = b.contentName(b.ctx, r)
		if released != nil {
			n.Released, _ = b.contentName(released, r)
		}
		b.named = append(b.named, n)
	}
	return b.named
}

// releasedContext carries the settings of the target's release, where the
// cluster has others.
func (b *builder) releasedContext() context.Context {
	if len(b.pinned.Target.Config) == 0 {
		return nil
	}
	released := *b.pinned.Target
	released.Config = nil
	ctx, _ := upstreamContext(&ir.Checked{Target: &released})
	return ctx
}

// contentName is the name and the hash of a revision with a cluster's defaults.
func (b *builder) contentName(ctx context.Context, r *ir.Revision) (name, hash string) {
	sum := b.contentHash(ctx, r)
	return b.app.Name + "-" + r.ID + "-" + hex.EncodeToString(sum[:4]), hashText(sum)
}

// contentHash is the hash of a revision's template with a cluster's defaults.
func (b *builder) contentHash(ctx context.Context, r *ir.Revision) hash {
	t := b.template(r)
	s := &servingv1.Service{}
	s.Spec.Template = *t.DeepCopy()
	s.SetDefaults(ctx)
	return templateHash(t, s.Spec.Template)
}

func hashText(sum hash) string { return "sha256:" + hex.EncodeToString(sum[:]) }
