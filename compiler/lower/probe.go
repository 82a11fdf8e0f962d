package lower

import (
	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/belay-sh/belay/ir"
	"github.com/belay-sh/belay/schema"
)

// probe makes a probe. Port 0 is Knative's way to say: the container's port.
func probe(p *schema.Probe) *corev1.Probe {
	if p == nil {
		return nil
	}
	out := &corev1.Probe{
		InitialDelaySeconds: p.Delay,
		PeriodSeconds:       value(p.Period),
		TimeoutSeconds:      value(p.Timeout),
		FailureThreshold:    value(p.Failures),
		SuccessThreshold:    value(p.Successes),
	}
	port := intstr.FromInt32(p.Port)
	switch {
	case p.HTTP != nil:
		out.HTTPGet = &corev1.HTTPGetAction{Path: *p.HTTP, Port: port}
		for _, name := range ir.Sorted(p.Headers) {
			out.HTTPGet.HTTPHeaders = append(out.HTTPGet.HTTPHeaders, corev1.HTTPHeader{Name: name, Value: p.Headers[name]})
		}
	case p.GRPC != nil:
		out.GRPC = &corev1.GRPCAction{Port: p.Port, Service: p.GRPC}
	case len(p.Exec) > 0:
		out.Exec = &corev1.ExecAction{Command: p.Exec}
	default:
		out.TCPSocket = &corev1.TCPSocketAction{Port: port}
	}
	return out
}

func value(n *int32) int32 {
	if n == nil {
		return 0
	}
	return *n
}
