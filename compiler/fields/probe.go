package fields

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// A portedProbe is a probe, and the port that it gets if it has none of its own.
// Port 0 is Knative's way to say: the container's port.
type portedProbe struct {
	schema.Probe
	otherwise int32
}

func (p *portedProbe) port() int32 { return cmp.Or(p.Port, p.otherwise) }

// setPort sets the port of a probe to one that its object has.
func (p *portedProbe) setPort(port int32) {
	if port != p.otherwise {
		p.Port = port
	}
}

// probe maps a probe. Each way to probe is written with its port.
var probe = Table[portedProbe, corev1.Probe]{
	{
		Spec: "http", Object: "httpGet.path", Others: []string{"httpGet"},
		write: func(_ *Conversion, _ *ir.Node, s *portedProbe, o *corev1.Probe) {
			if s.HTTP != nil {
				o.HTTPGet = &corev1.HTTPGetAction{Path: *s.HTTP, Port: intstr.FromInt32(s.port())}
			}
		},
		read: func(_ *Conversion, o *corev1.Probe, s *portedProbe) {
			if o.HTTPGet != nil {
				s.HTTP = &o.HTTPGet.Path
				s.setPort(o.HTTPGet.Port.IntVal)
			}
		},
	},
	{
		Spec: "headers[]", Object: "httpGet.httpHeaders[]",
		write: func(c *Conversion, n *ir.Node, s *portedProbe, o *corev1.Probe) {
			if o.HTTPGet != nil {
				probeHeaders.write(c, n, s, o.HTTPGet)
			}
		},
		read: func(c *Conversion, o *corev1.Probe, s *portedProbe) {
			if o.HTTPGet != nil {
				probeHeaders.read(c, o.HTTPGet, s)
			}
		},
		find:  probeHeaders.find,
		below: under("", "httpGet", probeHeaders.below),
	},
	{
		Spec: "tcp", Object: "tcpSocket",
		write: func(_ *Conversion, _ *ir.Node, s *portedProbe, o *corev1.Probe) {
			if s.TCP {
				o.TCPSocket = &corev1.TCPSocketAction{Port: intstr.FromInt32(s.port())}
			}
		},
		read: func(_ *Conversion, o *corev1.Probe, s *portedProbe) {
			if s.TCP = o.TCPSocket != nil; s.TCP {
				s.setPort(o.TCPSocket.Port.IntVal)
			}
		},
	},
	{
		Spec: "grpc", Object: "grpc.service", Others: []string{"grpc"},
		write: func(_ *Conversion, _ *ir.Node, s *portedProbe, o *corev1.Probe) {
			if s.GRPC != nil {
				o.GRPC = &corev1.GRPCAction{Port: s.port(), Service: s.GRPC}
			}
		},
		read: func(_ *Conversion, o *corev1.Probe, s *portedProbe) {
			if o.GRPC == nil {
				return
			}
			if s.GRPC = o.GRPC.Service; s.GRPC == nil {
				s.GRPC = new(string) // the API server sets it to ""
			}
			s.setPort(o.GRPC.Port)
		},
	},
	with[portedProbe, corev1.Probe]("port", "httpGet.port", "tcpSocket.port", "grpc.port"),
	{
		Spec: "exec", Object: "exec.command", Others: []string{"exec"},
		write: func(_ *Conversion, _ *ir.Node, s *portedProbe, o *corev1.Probe) {
			if len(s.Exec) > 0 {
				o.Exec = &corev1.ExecAction{Command: s.Exec}
			}
		},
		read: func(_ *Conversion, o *corev1.Probe, s *portedProbe) {
			if o.Exec != nil {
				s.Exec = o.Exec.Command
			}
		},
	},
	same("delay", "initialDelaySeconds", func(s *portedProbe) *int32 { return &s.Delay }, func(o *corev1.Probe) *int32 { return &o.InitialDelaySeconds }),
	set("period", "periodSeconds", func(s *portedProbe) **int32 { return &s.Period }, func(o *corev1.Probe) *int32 { return &o.PeriodSeconds }),
	set("timeout", "timeoutSeconds", func(s *portedProbe) **int32 { return &s.Timeout }, func(o *corev1.Probe) *int32 { return &o.TimeoutSeconds }),
	set("failures", "failureThreshold", func(s *portedProbe) **int32 { return &s.Failures }, func(o *corev1.Probe) *int32 { return &o.FailureThreshold }),
	set("successes", "successThreshold", func(s *portedProbe) **int32 { return &s.Successes }, func(o *corev1.Probe) *int32 { return &o.SuccessThreshold }),
}

// probeHeaders maps the headers of a probe by HTTP.
var probeHeaders = keyed("headers", "httpHeaders",
	func(s *portedProbe) *map[string]string { return &s.Headers }, ir.Sorted,
	func(o *corev1.HTTPGetAction) *[]corev1.HTTPHeader { return &o.HTTPHeaders },
	func(e *corev1.HTTPHeader) *string { return &e.Name },
	whole("value", func(e *corev1.HTTPHeader) *string { return &e.Value }))

// ownPort returns the port that requests come in at, which the app's own
// container has without declaring it (DefaultUserPort); 0 for containers beside
// it.
func ownPort(c *ir.Container) int32 {
	if c.Role != ir.Serving {
		return 0
	}
	return cmp.Or(c.Spec.Port, 8080)
}

func noPort(*ir.Container) int32 { return 0 }

// probeOf maps a probe of a container. The probe's way by gRPC has another
// default for its port than the others.
func probeOf(name, object string, from func(*schema.Probes) **schema.Probe, to func(*corev1.Container) **corev1.Probe, grpcPort, port func(*ir.Container) int32) Row[ir.Container, corev1.Container] {
	spec := "probes." + name
	return Row[ir.Container, corev1.Container]{
		Spec: spec, Object: object,
		write: func(c *Conversion, n *ir.Node, s *ir.Container, o *corev1.Container) {
			p := *from(&s.Spec.Probes)
			if p == nil {
				return
			}
			ported := portedProbe{*p, port(s)}
			if p.GRPC != nil {
				ported.otherwise = grpcPort(s)
			}
			*to(o) = &corev1.Probe{}
			probe.Write(c, n, &ported, *to(o))
		},
		read: func(c *Conversion, o *corev1.Container, s *ir.Container) {
			p := *to(o)
			if p == nil {
				return
			}
			ported := portedProbe{otherwise: port(s)}
			if p.GRPC != nil {
				ported.otherwise = grpcPort(s)
			}
			probe.Read(c, p, &ported)
			*from(&s.Spec.Probes) = &ported.Probe
		},
		find: func(c *Conversion, n *ir.Node, s *ir.Container, path string) *ir.Node {
			var ported portedProbe
			if p := *from(&s.Spec.Probes); p != nil {
				ported.Probe = *p
			}
			return probe.Find(c, n.Find("probes", name), &ported, trimDot(path))
		},
		below: under(spec, object, probe.Mappings),
	}
}
