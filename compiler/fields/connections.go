package fields

import (
	"google.golang.org/protobuf/types/known/durationpb"
	"google.golang.org/protobuf/types/known/wrapperspb"
	networking "istio.io/api/networking/v1alpha3"

	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/schema"
)

// Connections maps the rules on connections to the policy of a DestinationRule.
var Connections = Table[schema.Resilience, networking.TrafficPolicy]{
	filled("connectionPool.maxConnections", "connectionPool.tcp.maxConnections",
		func(s *schema.Resilience) *int32 { return &s.ConnectionPool.MaxConnections },
		func(o *networking.TrafficPolicy) int32 { return o.GetConnectionPool().GetTcp().GetMaxConnections() },
		func(o *networking.TrafficPolicy) *int32 { return &tcpSettings(o).MaxConnections }),
	interval("connectionPool.connectTimeout", "connectionPool.tcp.connectTimeout",
		func(s *schema.Resilience) *string { return &s.ConnectionPool.ConnectTimeout },
		func(o *networking.TrafficPolicy) *durationpb.Duration {
			return o.GetConnectionPool().GetTcp().GetConnectTimeout()
		},
		func(o *networking.TrafficPolicy) **durationpb.Duration { return &tcpSettings(o).ConnectTimeout }),
	filled("connectionPool.maxRequests", "connectionPool.http.http2MaxRequests",
		func(s *schema.Resilience) *int32 { return &s.ConnectionPool.MaxRequests },
		func(o *networking.TrafficPolicy) int32 { return o.GetConnectionPool().GetHttp().GetHttp2MaxRequests() },
		func(o *networking.TrafficPolicy) *int32 { return &httpSettings(o).Http2MaxRequests }),
	filled("connectionPool.maxRequestsPerConnection", "connectionPool.http.maxRequestsPerConnection",
		func(s *schema.Resilience) *int32 { return &s.ConnectionPool.MaxRequestsPerConnection },
		func(o *networking.TrafficPolicy) int32 {
			return o.GetConnectionPool().GetHttp().GetMaxRequestsPerConnection()
		},
		func(o *networking.TrafficPolicy) *int32 { return &httpSettings(o).MaxRequestsPerConnection }),
	{
		Spec: "outlier.consecutiveErrors", Object: "outlierDetection.consecutive5xxErrors",
		write: func(_ *Conversion, _ *ir.Node, s *schema.Resilience, o *networking.TrafficPolicy) {
			if s.Outlier.ConsecutiveErrors != 0 {
				outlierDetection(o).Consecutive_5XxErrors = wrapperspb.UInt32(s.Outlier.ConsecutiveErrors)
			}
		},
		read: func(_ *Conversion, o *networking.TrafficPolicy, s *schema.Resilience) {
			s.Outlier.ConsecutiveErrors = o.GetOutlierDetection().GetConsecutive_5XxErrors().GetValue()
		},
	},
	interval("outlier.interval", "outlierDetection.interval",
		func(s *schema.Resilience) *string { return &s.Outlier.Interval },
		func(o *networking.TrafficPolicy) *durationpb.Duration { return o.GetOutlierDetection().GetInterval() },
		func(o *networking.TrafficPolicy) **durationpb.Duration { return &outlierDetection(o).Interval }),
	interval("outlier.ejectionTime", "outlierDetection.baseEjectionTime",
		func(s *schema.Resilience) *string { return &s.Outlier.EjectionTime },
		func(o *networking.TrafficPolicy) *durationpb.Duration {
			return o.GetOutlierDetection().GetBaseEjectionTime()
		},
		func(o *networking.TrafficPolicy) **durationpb.Duration { return &outlierDetection(o).BaseEjectionTime }),
	filled("outlier.maxEjectionPercent", "outlierDetection.maxEjectionPercent",
		func(s *schema.Resilience) *int32 { return &s.Outlier.MaxEjectionPercent },
		func(o *networking.TrafficPolicy) int32 { return o.GetOutlierDetection().GetMaxEjectionPercent() },
		func(o *networking.TrafficPolicy) *int32 { return &outlierDetection(o).MaxEjectionPercent }),
}

func connectionPool(o *networking.TrafficPolicy) *networking.ConnectionPoolSettings {
	if o.ConnectionPool == nil {
		o.ConnectionPool = &networking.ConnectionPoolSettings{}
	}
	return o.ConnectionPool
}

func tcpSettings(o *networking.TrafficPolicy) *networking.ConnectionPoolSettings_TCPSettings {
	pool := connectionPool(o)
	if pool.Tcp == nil {
		pool.Tcp = &networking.ConnectionPoolSettings_TCPSettings{}
	}
	return pool.Tcp
}

func httpSettings(o *networking.TrafficPolicy) *networking.ConnectionPoolSettings_HTTPSettings {
	pool := connectionPool(o)
	if pool.Http == nil {
		pool.Http = &networking.ConnectionPoolSettings_HTTPSettings{}
	}
	return pool.Http
}

func outlierDetection(o *networking.TrafficPolicy) *networking.OutlierDetection {
	if o.OutlierDetection == nil {
		o.OutlierDetection = &networking.OutlierDetection{}
	}
	return o.OutlierDetection
}
