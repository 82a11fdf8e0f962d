package lower

import (
	"github.com/go-json-experiment/json/v1"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// record makes what the ledger keeps of the app, and reports declared revisions
// that are the same.
func (b *builder) record() ir.AppRecord {
	record := ir.AppRecord{
		Target:    b.pinned.Target.Name,
		Namespace: b.app.Namespace,
		Open:      b.app.OpenNamespace,
		App:       b.app.Name,
		Kind:      b.app.Kind(),
		Node:      b.app.Node,
	}
	if b.app.HasTracks() {
		b.patchedTracks()
		record.Tracks = b.tracked
		b.checkIdentical(b.tracked)
		return record
	}
	hashes := map[string]string{}
	for _, n := range b.names() {
		hashes[n.ID] = n.Hash
	}
	b.checkIdentical(hashes)
	return record
}

// patchedTracks reads the templates of an app with patches from its
// Configurations, since a patch may be to a template.
func (b *builder) patchedTracks() {
	if len(b.app.Spec.Patches) == 0 {
		return
	}
	for id := range b.tracked {
		for _, o := range b.objects {
			var c servingv1.Configuration
			if o.Kind == "Configuration" && o.Name == b.app.ConfigurationName(id) && json.Unmarshal(o.JSON, &c) == nil {
				b.tracked[id] = admission.HashTemplate(c.Spec.Template, c.Spec.Template).String()
			}
		}
	}
}

// checkIdentical reports declared revisions with the same template: a split
// between them tries nothing.
func (b *builder) checkIdentical(hashes map[string]string) {
	revisions := b.app.Node.Field("revisions")
	first := map[string]string{}
	for _, id := range ir.Sorted(hashes) {
		other, ok := first[hashes[id]]
		if !ok {
			first[hashes[id]] = id
			continue
		}
		b.diags.Add(revisions.Field(id).KeyErrorf(diag.IdenticalRevisions, "revisions %q and %q of app %q have the same template", other, id, b.app.Name).
			AsWarning().
			WithRelated(revisions.Field(other).Key, "the other revision").
			WithHint("give one of them what it is to try, such as another image; or remove it, and give its weight and tag to the other"))
	}
}
