package schema

import (
	"cmp"
	"encoding/json"
	"regexp"
	"strings"
	"sync"
)

// The types below mirror the definitions of app.cue, field by field; a test
// holds the two together. A pointer tells a field that is unset from one that
// is set to its zero value. Numbers keep the text they were written with.

// Spec is a whole document, decoded.
type Spec struct {
	Target     TargetSpec
	Namespaces map[string]Namespace
	Platform   Platform
	Apps       map[string]App
	ArgoCD     ArgoCD
}

// TargetSpec is what a document says of its target.
type TargetSpec struct {
	Knative string
	Istio   string
	Domain  string
	Config  map[string]map[string]string // by ConfigMap, without its prefix "config-"
	Mesh    TargetMesh
}

// TargetMesh is how the target's mesh is laid out.
type TargetMesh struct {
	Cluster         string
	DataplaneAPI    *bool
	InjectedServing bool
	RootNamespace   string
	TrustDomain     string
}

// Namespace is a namespace to emit.
type Namespace struct {
	Labels   map[string]string
	Inject   *bool
	Revision string
}

// App is an app. Its Template holds the defaults of its revisions.
type App struct {
	Name        string
	Namespace   string
	Labels      map[string]string
	Annotations map[string]string
	Template
	Revisions  map[string]Revision
	Strategy   string
	Latest     string
	Rollout    Rollout
	Visibility string
	Domains    Domains
	Mesh       *Mesh
	Patches    []Patch
}

// Revision is a declared revision, with what it overrides.
type Revision struct {
	Weight   int64
	Tag      string
	Match    []Match
	Mirror   json.Number
	Existing string
	Template
}

// Match is what a request looks like.
type Match struct {
	Headers map[string]Text
	Cookies map[string]Text
	Path    *Path
	Query   map[string]Text
}

// Text is what a text looks like. Exactly one field is set.
type Text struct {
	Exact   string
	Prefix  string
	Regex   string
	Present bool
}

// UnmarshalJSON reads a string as Exact, and an object field by field.
func (t *Text) UnmarshalJSON(data []byte) error {
	type fields Text
	if data[0] == '{' {
		return json.Unmarshal(data, (*fields)(t))
	}
	return json.Unmarshal(data, &t.Exact)
}

// Path is what a path looks like.
type Path Text

// UnmarshalJSON reads a string as Prefix, and an object field by field.
func (p *Path) UnmarshalJSON(data []byte) error {
	type fields Path
	if data[0] == '{' {
		return json.Unmarshal(data, (*fields)(p))
	}
	return json.Unmarshal(data, &p.Prefix)
}

// Template is what a revision is: its pod and how it behaves.
type Template struct {
	Container
	ServiceAccount              string
	PullSecrets                 []string
	Sidecars                    map[string]Container
	Init                        map[string]Container
	Scheduling                  Scheduling
	Concurrency                 *int64
	TimeoutSeconds              *int64
	ResponseStartTimeoutSeconds *int64
	IdleTimeoutSeconds          *int64
	Scale                       Scale
}

// Container is a container.
type Container struct {
	Image      string
	Command    []string
	Args       []string
	WorkingDir string
	Env        map[string]EnvValue
	EnvFrom    []EnvFrom
	Port       int32
	Protocol   string
	Resources  Resources
	Probes     Probes
	Mounts     map[string]Mount
	Security   Security
	PullPolicy string
}

// EnvValue is the value of an environment variable: Value, or From if it is not nil.
type EnvValue struct {
	Value string
	From  *EnvSource
}

// UnmarshalJSON reads a scalar as Value and an object as From.
func (e *EnvValue) UnmarshalJSON(data []byte) error {
	switch data[0] {
	case '{':
		return json.Unmarshal(data, &e.From)
	case '"':
		return json.Unmarshal(data, &e.Value)
	}
	e.Value = string(data)
	return nil
}

// envReference is the use of another variable in a value, as Kubernetes expands
// it: $(NAME), where $$ stands for one $.
var envReference = sync.OnceValue(func() *regexp.Regexp { return regexp.MustCompile(`\$\$|\$\(([-._a-zA-Z][-._a-zA-Z0-9]*)\)`) })

// Uses are the variables that the value uses.
func (e EnvValue) Uses() (names []string) {
	if !strings.Contains(e.Value, "$(") {
		return nil
	}
	for _, m := range envReference().FindAllStringSubmatch(e.Value, -1) {
		if m[1] != "" {
			names = append(names, m[1])
		}
	}
	return names
}

// EnvSource is where the value of an environment variable comes from.
type EnvSource struct {
	Secret    string
	ConfigMap string
	Key       string
	Optional  *bool
	Field     string
}

// EnvFrom is a source of environment variables.
type EnvFrom struct {
	Secret    string
	ConfigMap string
	Prefix    string
	Optional  *bool
}

// Resources of a container, by name.
type Resources struct {
	Requests map[string]Quantity
	Limits   map[string]Quantity
}

// Quantity is a Kubernetes quantity, as written.
type Quantity string

// UnmarshalJSON reads a string or a number.
func (q *Quantity) UnmarshalJSON(data []byte) error {
	return unmarshalText(data, (*string)(q))
}

// Probes of a container; nil where there is none.
type Probes struct {
	Readiness *Probe
	Liveness  *Probe
	Startup   *Probe
}

// Probe is a probe. Exactly one of HTTP, TCP, GRPC and Exec is set.
type Probe struct {
	HTTP      *string
	TCP       bool
	GRPC      *string
	Exec      []string
	Port      int32
	Headers   map[string]string
	Delay     int32
	Period    *int32
	Timeout   *int32
	Failures  *int32
	Successes *int32
}

// Mount is a volume and how it is mounted. Exactly one source is set.
type Mount struct {
	Secret    string
	ConfigMap string
	PVC       string
	EmptyDir  *EmptyDir
	Projected []Projection
	HostPath  *HostPath
	CSI       *CSI
	Ephemeral json.RawMessage
	Image     string
	Items     map[string]string
	SubPath   string
	ReadOnly  *bool
	Optional  *bool
	Mode      *Mode
}

// Mode is a file mode.
type Mode int32

// UnmarshalJSON reads a number, or a string of octal digits.
func (m *Mode) UnmarshalJSON(data []byte) error {
	if data[0] != '"' {
		return json.Unmarshal(data, (*int32)(m))
	}
	*m = 0
	for _, digit := range data[1 : len(data)-1] {
		*m = *m<<3 | Mode(digit-'0')
	}
	return nil
}

// EmptyDir is scratch space.
type EmptyDir struct {
	Name      string
	Medium    string
	SizeLimit Quantity
}

// Projection is a source in a projected volume. Exactly one of Secret,
// ConfigMap, Token and Fields is set.
type Projection struct {
	Secret    string
	ConfigMap string
	Token     *Token
	Fields    map[string]string
	Items     map[string]string
	Optional  *bool
}

// Token is a service account token.
type Token struct {
	Path              string
	Audience          string
	ExpirationSeconds *int64
}

// HostPath is a path of the node.
type HostPath struct {
	Path string
	Type string
}

// CSI is a volume of a CSI driver.
type CSI struct {
	Driver     string
	FSType     string
	Attributes map[string]string
	Secret     string
}

// Security is what a container may do.
type Security struct {
	Profile      string
	User         *int64
	Group        *int64
	FSGroup      *int64
	ReadOnlyRoot *bool
	Capabilities []string
}

// Scheduling is where pods may run. Tolerations, Affinity and TopologySpread
// are Kubernetes' own types, not decoded yet.
type Scheduling struct {
	NodeSelector   map[string]string
	Tolerations    json.RawMessage
	Affinity       json.RawMessage
	TopologySpread json.RawMessage
	PriorityClass  string
	RuntimeClass   string
}

// Scale is how a revision scales. What is empty is left to the autoscaler.
type Scale struct {
	Min           json.Number
	Max           json.Number
	Initial       json.Number
	Activation    json.Number
	Metric        string
	Target        json.Number
	Utilization   json.Number
	Class         string
	Window        string
	DownDelay     string
	Retention     string
	BurstCapacity json.Number
	Aggregation   string
	Panic         Panic
}

// Panic is when the autoscaler panics.
type Panic struct {
	Window    json.Number
	Threshold json.Number
}

// Rollout is how traffic moves to a new revision.
type Rollout struct {
	Duration string
}

// Domains are the app's own domains, by name.
type Domains map[string]DomainSettings

// UnmarshalJSON reads a list of names, or an object of settings by name.
func (d *Domains) UnmarshalJSON(data []byte) error {
	if data[0] == '{' {
		return json.Unmarshal(data, (*map[string]DomainSettings)(d))
	}
	var names []string
	if err := json.Unmarshal(data, &names); err != nil {
		return err
	}
	*d = Domains{}
	for _, n := range names {
		(*d)[n] = DomainSettings{}
	}
	return nil
}

// DomainSettings are the settings of one of the app's own domains.
type DomainSettings struct {
	TLS string
}

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

// Patch is a change to emitted objects. Exactly one of JSON and Merge is set.
type Patch struct {
	Kind  string
	Name  string
	JSON  json.RawMessage
	Merge json.RawMessage
}

// Platform is the install of Knative Serving. Exactly one of Operator,
// Manifests and URLs is set.
type Platform struct {
	Version   string
	Operator  bool
	Manifests *Manifests
	URLs      []string
	SSLIP     string
	MTLS      string
	Replicas  int32
}

// Manifests are the manifests of a release.
type Manifests struct {
	Directory string
	HPA       bool
	SHA256    map[string]string
}

// ArgoCD is how Argo CD reads the bundle.
type ArgoCD struct {
	Name           string
	RepoURL        string
	Path           string
	TargetRevision string
	Dataplane      *Destination
	Mesh           *Destination
	Project        string
	Namespace      string
	Automated      bool
}

// Destination is a cluster, as Argo CD knows it. Exactly one of Server and Name
// is set.
type Destination struct {
	Server string
	Name   string
}

// unmarshalText reads a string as it is and anything else as its JSON text.
func unmarshalText(data []byte, text *string) error {
	if data[0] == '"' {
		return json.Unmarshal(data, text)
	}
	*text = string(data)
	return nil
}
