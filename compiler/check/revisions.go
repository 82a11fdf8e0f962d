package check

import (
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// revisions gives each revision the app's fields, overridden by its own.
func revisions(app *ir.App, appType *schema.Type) []*ir.Revision {
	declared := app.Node.Field("revisions")
	if declared == nil || len(declared.Children) == 0 {
		return []*ir.Revision{{
			Spec: schema.Revision{Weight: 100, Template: app.Spec.Template},
			Node: app.Node,
		}}
	}
	base := &ir.Node{Kind: schema.Struct, Name: app.Node.Name, Key: app.Node.Key, At: app.Node.At, Parent: app.Node.Parent}
	for _, c := range app.Node.Children {
		if revisionFields[c.Name] {
			base.Children = append(base.Children, c)
		}
	}
	var out []*ir.Revision
	written := ir.NewFinder(declared)
	for _, id := range ir.Sorted(app.Spec.Revisions) {
		r := &ir.Revision{ID: id, Spec: app.Spec.Revisions[id], Written: written.Field(id)}
		r.Node = r.Written
		if r.Spec.Existing == "" {
			r.Node = base.Override(r.Written, appType)
			r.Spec = schema.Revision{}
			decode(r.Node, &r.Spec)
		}
		out = append(out, r)
	}
	return out
}

// revisionFields are the fields of an app that are also a revision's.
var revisionFields = func() map[string]bool {
	fields := map[string]bool{}
	for _, f := range schema.Document.Field("apps").Type.Values.Field("revisions").Type.Values.Fields {
		fields[f.Name] = true
	}
	return fields
}()
