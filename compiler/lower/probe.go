package lower

import (
	"cmp"

	corev1 "k8s.io/api/core/v1"
	"k8s.io/apimachinery/pkg/util/intstr"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// ownPort is the port that requests come in at, which the app's own container
// has without declaring it (DefaultUserPort); 0 for containers beside it.
func ownPort(c ir.Container) int32 {
	if c.Role != ir.Serving {
		return 0
	}
	return cmp.Or(c.Spec.Port, 8080)
}

// liveness makes a liveness probe. Knative fills in the port of one by HTTP or
// TCP, and of no other (pkg/reconciler/revision/resources/deploy.go,
// rewriteUserLivenessProbe): port 0 then fails the dry run of the pod by which
// its webhook ends.
func liveness(p *schema.Probe, port int32) *corev1.Probe {
	if p != nil && p.GRPC != nil {
		return probe(p, port)
	}
	return probe(p, 0)
}

// probe makes a probe, with the port given if it has none of its own. Port 0
// is Knative's way to say: the container's port.
func probe(p *schema.Probe, otherwise int32) *corev1.Probe {
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
	number := cmp.Or(p.Port, otherwise)
	port := intstr.FromInt32(number)
	switch {
	case p.HTTP != nil:
		out.HTTPGet = &corev1.HTTPGetAction{Path: *p.HTTP, Port: port}
		for _, name := range ir.Sorted(p.Headers) {
			out.HTTPGet.HTTPHeaders = append(out.HTTPGet.HTTPHeaders, corev1.HTTPHeader{Name: name, Value: p.Headers[name]})
		}
	case p.GRPC != nil:
		out.GRPC = &corev1.GRPCAction{Port: number, Service: p.GRPC}
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
