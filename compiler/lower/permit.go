package lower

import (
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/policy"
)

// permit applies the policy to the objects of the app. It has been applied to
// the spec before, and to each patch: what is reported here has another source,
// and no place of its own.
func (b *builder) permit() {
	if b.diags.HasErrors() {
		return
	}
	for _, o := range b.objects {
		for _, v := range b.policy.Object(b.pinned.Target, b.app, o) {
			b.diags.Add(b.app.Node.KeyErrorf(diag.NotPermitted, "%s %s: %s: the policy %s does not permit it: %s", o.Kind, o.Name, v.Path, b.policy.Name, v.Message))
		}
	}
}

// permitShared applies the policy to the objects that no app has.
func permitShared(pinned ir.Pinned, p *policy.Policy, objects []ir.Object) (diags diag.List) {
	for _, o := range objects {
		for _, v := range p.Object(pinned.Target, nil, o) {
			diags.Add(pinned.Node.Errorf(diag.NotPermitted, "%s %s: the policy %s does not permit it: %s", o.Kind, o.Name, p.Name, v.Message))
		}
	}
	return diags
}
