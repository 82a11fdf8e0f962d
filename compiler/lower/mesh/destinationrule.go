package mesh

import (
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/known/wrapperspb"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/schema"
)

// DestinationRules make the rules on connections to the app's pods. Requests
// end at the Service of a revision: a rule on the app's own host, which leads
// to the gateway, would have no effect. They say nothing of TLS, which the
// mesh sees to itself.
func (a *App) DestinationRules() (rules []Object) {
	m := a.Spec.Mesh
	if m == nil {
		return nil
	}
	policy := &networking.TrafficPolicy{ConnectionPool: connectionPool(m.Resilience.ConnectionPool), OutlierDetection: outlier(m.Resilience.Outlier)}
	if proto.Size(policy) == 0 {
		return nil
	}
	for _, name := range a.RevisionNames() {
		rules = append(rules, Object{Name: name, Spec: &networking.DestinationRule{
			Host:          name + "." + a.Namespace + ".svc.cluster.local",
			TrafficPolicy: policy,
		}})
	}
	return rules
}

func connectionPool(p schema.ConnectionPool) *networking.ConnectionPoolSettings {
	if p == (schema.ConnectionPool{}) {
		return nil
	}
	out := &networking.ConnectionPoolSettings{}
	if p.MaxConnections != 0 || p.ConnectTimeout != "" {
		out.Tcp = &networking.ConnectionPoolSettings_TCPSettings{MaxConnections: p.MaxConnections, ConnectTimeout: protoDuration(p.ConnectTimeout)}
	}
	if p.MaxRequests != 0 || p.MaxRequestsPerConnection != 0 {
		out.Http = &networking.ConnectionPoolSettings_HTTPSettings{Http2MaxRequests: p.MaxRequests, MaxRequestsPerConnection: p.MaxRequestsPerConnection}
	}
	return out
}

func outlier(o schema.Outlier) *networking.OutlierDetection {
	if o == (schema.Outlier{}) {
		return nil
	}
	out := &networking.OutlierDetection{
		Interval:           protoDuration(o.Interval),
		BaseEjectionTime:   protoDuration(o.EjectionTime),
		MaxEjectionPercent: o.MaxEjectionPercent,
	}
	if o.ConsecutiveErrors != 0 {
		out.Consecutive_5XxErrors = wrapperspb.UInt32(o.ConsecutiveErrors)
	}
	return out
}
