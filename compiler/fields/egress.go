package fields

import (
	"strconv"
	"strings"

	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Egress maps a host outside the mesh to a port of its ServiceEntry. The entry
// has all ports of a host that the app names.
var Egress = Table[schema.Egress, networking.ServicePort]{
	{
		Spec: "port", Object: "number", Others: []string{"name"},
		write: func(_ *Conversion, _ *ir.Node, s *schema.Egress, o *networking.ServicePort) {
			o.Protocol, o.Number = s.On()
			o.Name = strings.ToLower(o.Protocol) + "-" + strconv.Itoa(int(o.Number))
		},
		read: func(_ *Conversion, o *networking.ServicePort, s *schema.Egress) {
			s.Protocol = o.Protocol
			if _, port := s.On(); port != o.Number {
				s.Port = o.Number
			}
			if protocol, _ := (schema.Egress{}).On(); protocol == o.Protocol {
				s.Protocol = ""
			}
		},
	},
	with[schema.Egress, networking.ServicePort]("protocol", "protocol"),
}
