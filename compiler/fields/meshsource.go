package fields

import (
	"cmp"
	"strings"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// meshNodes returns the node that a field of the spec of a mesh's object comes
// from, by the kind of the object.
var meshNodes = map[string]func(c *Conversion, n *ir.Node, m *schema.Mesh, path string) *ir.Node{
	"PeerAuthentication":    PeerAuthentication.Find,
	"RequestAuthentication": RequestAuthentication.Find,
	"Telemetry": func(c *Conversion, n *ir.Node, m *schema.Mesh, path string) *ir.Node {
		return Telemetry.Find(c, n.Find("telemetry"), cmp.Or(m.Telemetry, &schema.Telemetry{}), path)
	},
	"DestinationRule": func(c *Conversion, n *ir.Node, m *schema.Mesh, path string) *ir.Node {
		return Connections.Find(c, n.Find("resilience"), &m.Resilience, trimDot(strings.TrimPrefix(path, "trafficPolicy")))
	},
	"VirtualService": func(c *Conversion, n *ir.Node, m *schema.Mesh, path string) *ir.Node {
		_, field := element(strings.TrimPrefix(path, "http"))
		if rest, ok := strings.CutPrefix(field, "fault"); ok {
			return Fault.Find(c, n.Find("fault"), cmp.Or(m.Fault, &schema.Fault{}), trimDot(rest))
		}
		if row, _ := Requests.match(field); row != nil {
			return Requests.Find(c, n.Find("resilience"), &m.Resilience, field)
		}
		return n
	},
}

// meshNode returns the node of a field of an object of the mesh. It returns the
// node of the app for a field that comes from no field of mesh.
func (c *Conversion) meshNode(o Object, path string) *ir.Node {
	find, n := meshNodes[o.Kind], o.App.Node.Field("mesh")
	field, ok := strings.CutPrefix(path, "spec.")
	if find == nil || n == nil || !ok {
		return o.App.Node
	}
	if found := find(c, n, o.App.Spec.Mesh, field); found != n {
		return found
	}
	return o.App.Node
}
