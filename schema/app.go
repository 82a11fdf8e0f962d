package schema

import "github.com/go-json-experiment/json/v1"

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

// Namespace is a namespace to emit.
type Namespace struct {
	Labels   map[string]string
	Inject   *bool
	Revision string
}

// IsAmbient reports whether the namespace is in the mesh without sidecars.
func (ns Namespace) IsAmbient() bool { return ns.Labels["istio.io/dataplane-mode"] == "ambient" }

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

// Patch is a change to emitted objects. Exactly one of JSON and Merge is set.
type Patch struct {
	Kind  string
	Name  string
	JSON  json.RawMessage
	Merge json.RawMessage
}

// unmarshalText reads a string as it is and anything else as its JSON text.
func unmarshalText(data []byte, text *string) error {
	if data[0] == '"' {
		return json.Unmarshal(data, text)
	}
	*text = string(data)
	return nil
}
