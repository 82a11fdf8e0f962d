package target

import (
	"slices"
	"strings"
)

// Knatives are the releases of Knative Serving that belay knows, oldest first.
var Knatives = []Version{
	{0, 26}, {1, 0}, {1, 12}, {1, 15}, {1, 16}, {1, 17}, {1, 18}, {1, 19}, {1, 20}, {1, 21}, {1, 22}, {1, 23},
}

// first is the oldest of them.
var first = Knatives[0]

// FlagState is the value of a flag of config-features.
type FlagState string

// The states of a flag (knative.dev/serving/pkg/apis/config, features.go).
const (
	Enabled          FlagState = "enabled"
	Allowed          FlagState = "allowed"
	Disabled         FlagState = "disabled"
	AllowRootBounded FlagState = "allowrootbounded"
)

// flag is a key of config-features, over the releases.
type flag struct {
	name    string
	since   Version
	until   Version // the first release without it; zero for none
	enabled Version // the first release with it on by default; zero for never
	strict  Version // from here on "allowed" is not enough: the webhook asks for "enabled"; zero for never
}

// Flags are the names of the flags that the target has.
func (t *Target) Flags() []string {
	var names []string
	for _, f := range flags {
		if t.has(f) {
			names = append(names, f.name)
		}
	}
	return names
}

func (t *Target) has(f flag) bool {
	return t.Knative.AtLeast(f.since) && (f.until == Version{} || !t.Knative.AtLeast(f.until))
}

// Flag is the state of a flag at the target. A value that Knative does not
// know leaves the release's own, as in Knative.
func (t *Target) Flag(name string) FlagState {
	i := slices.IndexFunc(flags, func(f flag) bool { return f.name == name })
	if i < 0 || !t.has(flags[i]) {
		return Disabled
	}
	switch state := FlagState(strings.ToLower(t.Config["features"][name])); state {
	case Enabled, Allowed, Disabled:
		return state
	case AllowRootBounded:
		if name == "secure-pod-defaults" {
			return state
		}
	}
	if on := flags[i].enabled; on != (Version{}) && t.Knative.AtLeast(on) {
		return Enabled
	}
	return Disabled
}

// FlagStates are the states of all flags that any release has; those that the
// target does not have are disabled.
func (t *Target) FlagStates() map[string]string {
	states := map[string]string{}
	for _, f := range flags {
		states[f.name] = string(t.Flag(f.name))
	}
	return states
}

// Permits reports whether a flag lets its field be used. For volumes, init
// containers and further containers "allowed" is not enough.
func (t *Target) Permits(name string) bool {
	state := t.Flag(name)
	return state == Enabled || state == Allowed && !t.strict(name)
}

func (t *Target) strict(name string) bool {
	return slices.ContainsFunc(flags, func(f flag) bool {
		return f.name == name && f.strict != Version{} && t.Knative.AtLeast(f.strict)
	})
}

// FlagSince is the first release that has a flag.
func FlagSince(name string) (Version, bool) {
	i := slices.IndexFunc(flags, func(f flag) bool { return f.name == name })
	if i < 0 {
		return Version{}, false
	}
	return flags[i].since, true
}

// AutoscalingKey is the annotation for an autoscaling setting, given its name
// as of today ("min-scale"): releases before 1.1 read only the camelCase
// spelling.
func (t *Target) AutoscalingKey(name string) string {
	return "autoscaling.knative.dev/" + t.casing(name)
}

// RolloutKey is the annotation for the duration of a rollout.
func (t *Target) RolloutKey() string {
	return "serving.knative.dev/" + t.casing("rollout-duration")
}

func (t *Target) casing(name string) string {
	if t.Knative.AtLeast(kebabSince) {
		return name
	}
	if old, ok := camelCase[name]; ok {
		return old
	}
	return name
}

// kebabSince is the release that reads the names of today
// (pkg/apis/autoscaling/register.go at v0.27 and v0.28).
var kebabSince = Version{1, 1}

// CustomMetrics reports whether class hpa takes any metric, and not just cpu
// and memory (pkg/apis/autoscaling/annotation_validation.go at v0.27 and v0.28).
func (t *Target) CustomMetrics() bool { return t.Knative.AtLeast(kebabSince) }

// camelCase are the spellings that Knative 0.26 and 1.0 read
// (knative.dev/serving/pkg/apis/autoscaling/register.go at v0.26).
var camelCase = map[string]string{
	"activation-scale":                   "activationScale",
	"initial-scale":                      "initialScale",
	"max-scale":                          "maxScale",
	"metric-aggregation-algorithm":       "metricAggregationAlgorithm",
	"min-scale":                          "minScale",
	"panic-threshold-percentage":         "panicThresholdPercentage",
	"panic-window-percentage":            "panicWindowPercentage",
	"rollout-duration":                   "rolloutDuration",
	"scale-down-delay":                   "scaleDownDelay",
	"scale-to-zero-pod-retention-period": "scaleToZeroPodRetentionPeriod",
	"target-burst-capacity":              "targetBurstCapacity",
	"target-utilization-percentage":      "targetUtilizationPercentage",
}

// ReservedPaths are the paths that nothing may be mounted at
// (knative.dev/serving/pkg/apis/serving/k8s_validation.go; 1.13 freed the last three).
func (t *Target) ReservedPaths() []string {
	paths := []string{"/", "/dev", "/dev/log"}
	if t.Knative.AtLeast(Version{1, 13}) {
		return paths
	}
	return append(paths, "/tmp", "/var", "/var/log")
}

// ReservedPorts are the ports that Knative's own container in the pod listens
// on. The webhook does not know of 8112 (queue-proxy's TLS port).
var ReservedPorts = []int32{8008, 8012, 8013, 8022, 8112, 9090, 9091}
