package target

import (
	"slices"
	"strings"
)

// first is the oldest release of Knative Serving that belay knows.
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

// Flag is the state of a flag of config-features at the target; what the
// target does not have is disabled. A value that Knative does not know leaves
// the release's own, as in Knative.
func (t *Target) Flag(name string) FlagState {
	released := &Target{Knative: t.Knative}
	for _, value := range []string{t.Setting("features", name), released.Setting("features", name)} {
		switch state := FlagState(strings.ToLower(value)); state {
		case Enabled, Allowed, Disabled:
			return state
		case AllowRootBounded:
			if name == "secure-pod-defaults" {
				return state
			}
		}
	}
	return Disabled
}

// FlagStates are the states of all flags that any release has.
func (t *Target) FlagStates() map[string]string {
	states := map[string]string{}
	for _, s := range settings {
		if s.configMap == "features" {
			states[s.key] = string(t.Flag(s.key))
		}
	}
	return states
}

// Permits reports whether a flag lets its field be used. For volumes, init
// containers and further containers "allowed" is not enough.
func (t *Target) Permits(flag string) bool {
	state := t.Flag(flag)
	strict := findFlag(flag).strict
	return state == Enabled || state == Allowed && (strict == Version{} || !t.Knative.AtLeast(strict))
}

// FlagSince is the first release that has a flag.
func FlagSince(name string) (Version, bool) {
	f := findFlag(name)
	return f.since, f.key != ""
}

func findFlag(name string) setting {
	i := slices.IndexFunc(settings, func(s setting) bool { return s.configMap == "features" && s.key == name })
	if i < 0 {
		return setting{}
	}
	return settings[i]
}

// AutoscalingKey is the annotation for an autoscaling setting, given its name
// as of today ("min-scale"): releases before 1.1 read only the camelCase
// spelling.
func (t *Target) AutoscalingKey(name string) string {
	return "autoscaling.knative.dev/" + t.AnnotationName(name)
}

// RolloutKey is the annotation for the duration of a rollout.
func (t *Target) RolloutKey() string {
	return "serving.knative.dev/" + t.AnnotationName("rollout-duration")
}

// AnnotationName returns the name of one of Knative's annotations in the target's
// release, given the name that the newest release has.
func (t *Target) AnnotationName(name string) string {
	if t.Knative.AtLeast(kebabSince) {
		return name
	}
	if old, ok := camelCase[name]; ok {
		return old
	}
	return name
}

// AnnotationNames returns the names that releases have for one of Knative's
// annotations, the newest first.
func AnnotationNames(name string) []string {
	if old, ok := camelCase[name]; ok {
		return []string{name, old}
	}
	return []string{name}
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

// reservedPaths are the paths that nothing may be mounted at, and the release
// that freed them; zero for none
// (knative.dev/serving/pkg/apis/serving/k8s_validation.go at v0.39 and v0.40).
var reservedPaths = []struct {
	path  string
	until Version
}{
	{path: "/"},
	{path: "/dev"},
	{path: "/dev/log"},
	{"/tmp", Version{1, 13}},
	{"/var", Version{1, 13}},
	{"/var/log", Version{1, 13}},
}

// ReservedPaths are the paths that nothing may be mounted at.
func (t *Target) ReservedPaths() (paths []string) {
	for _, p := range reservedPaths {
		if (p.until == Version{}) || !t.Knative.AtLeast(p.until) {
			paths = append(paths, p.path)
		}
	}
	return paths
}

// ReservedPorts are the ports that Knative's own container in the pod listens
// on. The webhook does not know of 8112 (queue-proxy's TLS port).
var ReservedPorts = []int32{8008, 8012, 8013, 8022, 8112, 9090, 9091}
