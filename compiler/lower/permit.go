package lower

import (
	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/policy"
)

// notPermitted returns what of a patched object the policy does not permit.
func (b *builder) notPermitted(before, after ir.Object) []admission.Violation {
	found := b.policy.Patched(b.app, before, after)
	return b.notPermits(append(found, b.policy.Object(b.pinned.Target, b.app, after)...))
}

func (b *builder) notPermits(found []policy.Violation) (out []admission.Violation) {
	for _, v := range found {
		out = append(out, admission.Violation{Path: v.Path, Code: diag.NotPermitted,
			Message: "the policy " + b.policy.Name + " does not permit the result: " + v.Message})
	}
	return out
}

// permit holds the objects of the app to the policy. The spec has been held to
// it before, and each patch: what is reported here has another source, and no
// place of its own.
func (b *builder) permit() {
	if b.diags.HasErrors() {
		return
	}
	for _, o := range b.objects {
		for _, r := range b.notPermits(b.policy.Object(b.pinned.Target, b.app, o)) {
			b.diags.Add(b.app.Node.KeyErrorf(r.Code, "%s %s: %s: %s", o.Kind, o.Name, r.Path, r.Message))
		}
	}
}

// permitShared holds the objects that no app has to the policy.
func permitShared(pinned ir.Pinned, p *policy.Policy, objects []ir.Object) (diags diag.List) {
	for _, o := range objects {
		for _, v := range p.Object(pinned.Target, nil, o) {
			diags.Add(pinned.Node.Errorf(diag.NotPermitted, "%s %s: the policy %s does not permit it: %s", o.Kind, o.Name, p.Name, v.Message))
		}
	}
	return diags
}
