package fields

import (
	"strings"

	"github.com/belay-sh/belay/internal/ir"
)

// An Object is an object that an app is compiled to, as far as its fields lead
// back to the spec.
type Object struct {
	Kind, Name string
	App        *ir.App
	Revision   *ir.Revision // that its template is made from; nil if it has none
}

// SpecNode returns the node that a field of an object comes from, given the
// path of the field as upstream's validation writes it: the narrowest that the
// user wrote, and the node of the app if no narrower is known.
func (c *Conversion) SpecNode(o Object, path string) *ir.Node {
	if o.Kind == "DomainMapping" {
		return c.domainNode(o, path)
	}
	if rest, ok := strings.CutPrefix(path, "spec.traffic"); ok && (rest == "" || !isNameByte(rest[0])) {
		return c.trafficNode(o.App, rest)
	}
	if rest, ok := strings.CutPrefix(path, "spec.template.metadata"); ok && o.Revision != nil {
		return c.podMetadataNode(o, metadataPath(rest))
	}
	if rest, ok := strings.CutPrefix(path, "spec.template.spec."); ok && o.Revision != nil {
		return Template.Find(c, o.Revision.Node, o.Revision, rest)
	}
	if path == "metadata.name" && o.Kind == "Configuration" && o.Revision != nil {
		return o.App.Node.Find("revisions", o.Revision.ID)
	}
	rest, ok := strings.CutPrefix(path, "metadata")
	if !ok {
		return c.meshNode(o, path)
	}
	return find(c, o.App.Node, o.App, metadataPath(rest), Metadata, RouteMetadata)
}

// metadataPath returns the path of a field of an object's metadata, of the path
// that follows "metadata". Upstream writes some keys in brackets.
func metadataPath(path string) string {
	path = strings.TrimPrefix(path, ".")
	if field, key, ok := strings.Cut(path, ".["); ok {
		return field + "." + strings.TrimSuffix(key, "]")
	}
	return path
}

// find returns the node that a path comes from by the table that has the
// longest beginning of it.
func find[S, O any](c *Conversion, n *ir.Node, s *S, path string, tables ...Table[S, O]) *ir.Node {
	var all Table[S, O]
	for _, t := range tables {
		all = append(all, t...)
	}
	return all.Find(c, n, s, path)
}

// podMetadataNode returns the node of a field of a template's metadata.
func (c *Conversion) podMetadataNode(o Object, path string) *ir.Node {
	if row, _ := Scale.match(path); row != nil {
		return Scale.Find(c, o.Revision.Node, o.Revision, path)
	}
	return PodMetadata.Find(c, o.App.Node, o.App, path)
}

// trafficNode returns the node of a field of the traffic of an app.
func (c *Conversion) trafficNode(app *ir.App, path string) *ir.Node {
	if path == "" || len(app.Revisions) == 0 {
		return app.Node.Find("revisions")
	}
	index, rest := element(path)
	r := app.Revisions[min(index, len(app.Revisions)-1)]
	return Traffic.Find(c, app.Node.Find("revisions", r.ID), r, rest)
}

// domainNode returns the node of the domain that a DomainMapping is named after,
// or of one of its settings. Domains are a list of names or a map.
func (c *Conversion) domainNode(o Object, path string) *ir.Node {
	domains := o.App.Node.Field("domains")
	if domains == nil {
		return o.App.Node
	}
	for _, n := range domains.Children {
		if n.Text == o.Name {
			return n
		}
	}
	settings := o.App.Spec.Domains[o.Name]
	return Domain.Find(c, domains.Find(o.Name), &settings, strings.TrimPrefix(path, "spec."))
}
