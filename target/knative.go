package target

import (
	"slices"
	"strings"
)

// Knatives are the releases of Knative Serving that belay knows, oldest first.
var Knatives = []Version{
	{0, 26}, {1, 0}, {1, 12}, {1, 15}, {1, 16}, {1, 17}, {1, 18}, {1, 19}, {1, 20}, {1, 21}, {1, 22}, {1, 23},
}

// FlagState is the value of a flag of config-features.
type FlagState string

// The states of a flag (knative.dev/serving/pkg/apis/config, features.go).
const (
	Enabled          FlagState = "enabled"
	Allowed          FlagState = "allowed"
	Disabled         FlagState = "disabled"
	AllowRootBounded FlagState = "allowrootbounded"
)

// flag is a row of config-features.
type flag struct {
	name    string
	since   Version
	until   Version // the first release without it; zero for none
	enabled Version // the first release with it on by default; zero for never
	strict  bool    // "allowed" is not enough: the webhook asks for "enabled"
}

var first = Version{0, 26}

// flags is config-features over all known releases. Source:
// knative.dev/serving/pkg/apis/config/features.go at v0.26 to v0.50.
var flags = []flag{
	{name: "autodetect-http2", since: first},
	{name: "kubernetes.containerspec-addcapabilities", since: first, strict: true},
	{name: "kubernetes.podspec-affinity", since: first},
	{name: "kubernetes.podspec-dnsconfig", since: Version{1, 5}},
	{name: "kubernetes.podspec-dnspolicy", since: Version{1, 5}},
	{name: "kubernetes.podspec-dryrun", since: first, until: Version{1, 20}},
	{name: "kubernetes.podspec-fieldref", since: first},
	{name: "kubernetes.podspec-hostaliases", since: first},
	{name: "kubernetes.podspec-hostipc", since: Version{1, 16}},
	{name: "kubernetes.podspec-hostnetwork", since: Version{1, 16}},
	{name: "kubernetes.podspec-hostpid", since: Version{1, 16}},
	{name: "kubernetes.podspec-init-containers", since: Version{1, 0}, strict: true},
	{name: "kubernetes.podspec-nodeselector", since: first},
	{name: "kubernetes.podspec-persistent-volume-claim", since: Version{1, 2}, strict: true},
	{name: "kubernetes.podspec-persistent-volume-write", since: Version{1, 2}, strict: true},
	{name: "kubernetes.podspec-priorityclassname", since: first},
	{name: "kubernetes.podspec-runtimeclassname", since: first},
	{name: "kubernetes.podspec-schedulername", since: Version{1, 0}},
	{name: "kubernetes.podspec-securitycontext", since: first},
	{name: "kubernetes.podspec-shareprocessnamespace", since: Version{1, 12}},
	{name: "kubernetes.podspec-tolerations", since: first},
	{name: "kubernetes.podspec-topologyspreadconstraints", since: Version{1, 12}},
	{name: "kubernetes.podspec-volumes-csi", since: Version{1, 18}, strict: true},
	{name: "kubernetes.podspec-volumes-emptydir", since: first, enabled: Version{1, 8}, strict: true},
	{name: "kubernetes.podspec-volumes-ephemeral", since: Version{1, 23}, strict: true},
	{name: "kubernetes.podspec-volumes-hostpath", since: Version{1, 17}, strict: true},
	{name: "kubernetes.podspec-volumes-image", since: Version{1, 20}, strict: true},
	{name: "kubernetes.podspec-volumes-mount-propagation", since: Version{1, 20}, strict: true},
	{name: "multi-container", since: first, enabled: first, strict: true},
	{name: "multi-container-probing", since: Version{1, 14}, strict: true},
	{name: "queueproxy.mount-podinfo", since: Version{1, 12}},
	{name: "queueproxy.resource-defaults", since: Version{1, 12}},
	{name: "secure-pod-defaults", since: Version{1, 9}},
	{name: "tag-header-based-routing", since: first},
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

// Permits reports whether a flag lets its field be used. For volumes, init
// containers and further containers "allowed" is not enough.
func (t *Target) Permits(name string) bool {
	state := t.Flag(name)
	return state == Enabled || state == Allowed && !t.strict(name)
}

func (t *Target) strict(name string) bool {
	return slices.ContainsFunc(flags, func(f flag) bool { return f.name == name && f.strict })
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
// as of today ("min-scale"): releases before 1.3 read the camelCase spelling,
// and those before 1.1 only that.
func (t *Target) AutoscalingKey(name string) string {
	return "autoscaling.knative.dev/" + t.casing(name)
}

// RolloutKey is the annotation for the duration of a rollout.
func (t *Target) RolloutKey() string {
	return "serving.knative.dev/" + t.casing("rollout-duration")
}

func (t *Target) casing(name string) string {
	if t.Knative.AtLeast(Version{1, 3}) {
		return name
	}
	if old, ok := camelCase[name]; ok {
		return old
	}
	return name
}

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
