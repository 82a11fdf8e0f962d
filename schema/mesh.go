package schema

import (
	"cmp"

	"github.com/go-json-experiment/json/v1"
)

// Mesh is the service mesh around an app.
type Mesh struct {
	Inject     *bool
	Ambient    bool
	Waypoint   string
	MTLS       string
	Callers    []Caller
	JWT        []JWT
	Telemetry  *Telemetry
	Egress     []Egress
	Resilience Resilience
	RateLimit  *RateLimit
	Fault      *Fault
}

// WithoutSidecars reports whether the app's pods are to have no sidecar.
func (m *Mesh) WithoutSidecars() bool { return m.Inject != nil && !*m.Inject }

// Telemetry is what the mesh tells of an app; nil where it is the mesh's.
type Telemetry struct {
	Tracing   *Tracing
	AccessLog *AccessLog
	Metrics   *Metrics
	Scrape    *Scrape
}

// Tracing is traces of requests.
type Tracing struct {
	Sampling json.Number
	Provider string
}

// AccessLog is a log of requests.
type AccessLog struct {
	Off      bool `json:"-"` // there is none
	Filter   string
	Provider string
}

// UnmarshalJSON reads a bool, or an object field by field.
func (l *AccessLog) UnmarshalJSON(data []byte) error {
	type fields AccessLog
	if data[0] == '{' {
		return json.Unmarshal(data, (*fields)(l))
	}
	l.Off = string(data) == "false"
	return nil
}

// Metrics of the mesh.
type Metrics struct {
	Tags    map[string]string
	Disable []string
}

// Scrape is where an app's own metrics are.
type Scrape struct {
	Port int32
	Path string
}

// Egress is what an app may reach. Exactly one of Host and Namespace is set.
type Egress struct {
	Host      string
	Namespace string
	Port      uint32
	Protocol  string
}

// UnmarshalJSON reads a string as Host, and an object field by field.
func (e *Egress) UnmarshalJSON(data []byte) error {
	type fields Egress
	if data[0] == '{' {
		return json.Unmarshal(data, (*fields)(e))
	}
	return json.Unmarshal(data, &e.Host)
}

// On is the protocol of the host and its port.
func (e Egress) On() (protocol string, port uint32) {
	protocol, port = cmp.Or(e.Protocol, "HTTPS"), e.Port
	switch {
	case port != 0:
	case protocol == "HTTP", protocol == "HTTP2":
		port = 80
	default:
		port = 443
	}
	return protocol, port
}

// Resilience is how requests are kept from failing.
type Resilience struct {
	ConnectionPool ConnectionPool
	Outlier        Outlier
	Retries        *Retries
	Timeout        string
}

// ConnectionPool is limits on connections; 0 for none.
type ConnectionPool struct {
	MaxConnections           int32
	MaxRequests              int32
	MaxRequestsPerConnection int32
	ConnectTimeout           string
}

// Outlier is when a pod gets no requests for a while.
type Outlier struct {
	ConsecutiveErrors  uint32
	Interval           string
	EjectionTime       string
	MaxEjectionPercent int32
}

// Retries is requests that are tried again.
type Retries struct {
	Attempts      int32
	PerTryTimeout string
	On            []string
}

// RateLimit is how many requests a pod takes.
type RateLimit struct {
	Requests int64
	Per      string
}

// Fault is faults to inject.
type Fault struct {
	Delay *Delay
	Abort *Abort
	Match []Match
}

// Delay is requests that wait.
type Delay struct {
	Duration string
	Percent  json.Number
}

// Abort is requests that are answered with an error.
type Abort struct {
	Status  int32
	Percent json.Number
}

// Caller is a caller of an app. Exactly one of ServiceAccount and Namespace is set.
type Caller struct {
	App            string // "name" or "namespace/name"; check replaces it by ServiceAccount
	ServiceAccount string // "namespace/name"
	Namespace      string
	Paths          []string
	Methods        []string
}

// JWT is the tokens of one issuer.
type JWT struct {
	Issuer    string
	JWKSURI   string
	Audiences []string
	Require   *bool
	Except    []string
}

// Required reports whether requests without a token are refused.
func (j JWT) Required() bool { return j.Require == nil || *j.Require }
