package schema

import (
	"regexp"
	"strings"
	"sync"

	"github.com/go-json-experiment/json/v1"
)

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

// Security is what a container may do.
type Security struct {
	Profile      string
	User         *int64
	Group        *int64
	FSGroup      *int64
	ReadOnlyRoot *bool
	Capabilities []string
}
