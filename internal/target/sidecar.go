package target

import (
	"strings"

	"sigs.k8s.io/yaml"

	"github.com/belay-sh/belay/internal/objectmeta"
)

// A SidecarKey is what a label or an annotation of Istio's means for the
// policies that an app's sidecar enforces.
type SidecarKey struct {
	Key string

	// Bypass says how the key takes a pod, a port or a policy out of what the
	// sidecar enforces; "" if it does not.
	Bypass string

	// Harmless reports whether a value leaves the policies in force all the same;
	// nil for none.
	Harmless func(value string) bool
}

// Bypassed is how a key with a value takes an app out of what its sidecar
// enforces; "" if it does not.
func Bypassed(key, value string) string {
	for _, k := range SidecarKeys {
		if k.Key == key && (k.Harmless == nil || !k.Harmless(value)) {
			return k.Bypass
		}
	}
	return ""
}

const (
	capture  = "it takes traffic out of what the sidecar captures"
	replaces = "it replaces the sidecar, or what configures it"
	injector = "the injector sets it, and takes a pod that has it for one with a sidecar"
	ambient  = "it takes the pod out of the mesh, or into it without a sidecar; write mesh: ambient"
)

// SidecarKeys are the labels and annotations of istio.io/api/label and
// istio.io/api/annotation. A test compares the lists: a release of Istio that
// adds one needs a decision here.
var SidecarKeys = []SidecarKey{
	{Key: "traffic.sidecar.istio.io/excludeInboundPorts", Bypass: capture},
	{Key: "traffic.sidecar.istio.io/includeInboundPorts", Bypass: capture, Harmless: isOneOf("*")},
	{Key: "traffic.sidecar.istio.io/excludeOutboundIPRanges", Bypass: capture},
	{Key: "traffic.sidecar.istio.io/excludeOutboundPorts", Bypass: capture},
	{Key: "traffic.sidecar.istio.io/includeOutboundIPRanges", Bypass: capture, Harmless: isOneOf("*")},
	{Key: "traffic.sidecar.istio.io/includeOutboundPorts", Bypass: capture, Harmless: isOneOf("*")},
	{Key: "traffic.sidecar.istio.io/excludeInterfaces", Bypass: capture},
	{Key: "traffic.sidecar.istio.io/kubevirtInterfaces", Bypass: capture},
	{Key: "istio.io/reroute-virtual-interfaces", Bypass: capture},
	{Key: "sidecar.istio.io/interceptionMode", Bypass: capture, Harmless: isOneOf("REDIRECT", "TPROXY")},
	{Key: objectmeta.InjectLabel, Bypass: "it decides whether there is a sidecar; write mesh: inject"},
	{Key: "inject.istio.io/templates", Bypass: replaces, Harmless: isOneOf("sidecar")},
	{Key: "sidecar.istio.io/proxyImage", Bypass: replaces},
	{Key: "sidecar.istio.io/bootstrapOverride", Bypass: replaces},
	{Key: "sidecar.istio.io/discoveryAddress", Bypass: replaces},
	{Key: "sidecar.istio.io/userVolume", Bypass: replaces},
	{Key: "sidecar.istio.io/userVolumeMount", Bypass: replaces},
	{Key: "proxy.istio.io/config", Bypass: replaces, Harmless: isHarmlessProxyConfig},
	{Key: "proxy.istio.io/overrides", Bypass: replaces},
	{Key: "sidecar.istio.io/status", Bypass: injector},
	{Key: "istio.io/rev", Bypass: "no control plane of that revision may be there to inject a sidecar; write namespaces: revision"},
	{Key: objectmeta.DataplaneModeLabel, Bypass: ambient},
	{Key: "ambient.istio.io/redirection", Bypass: ambient},
	{Key: "ambient.istio.io/bypass-inbound-capture", Bypass: ambient},
	{Key: "istio.io/dry-run", Bypass: "Istio does not enforce a policy that has it"},
	{Key: "security.istio.io/tlsMode", Bypass: "the injector sets it; by it senders decide about mTLS"},

	{Key: "alpha.istio.io/canonical-serviceaccounts"},
	{Key: "alpha.istio.io/kubernetes-serviceaccounts"},
	{Key: "ambient.istio.io/dns-capture"},
	{Key: "ambient.istio.io/waypoint-inbound-binding"},
	{Key: "galley.istio.io/analyze-suppress"},
	{Key: "gateway.istio.io/controller-version"},
	{Key: "gateway.istio.io/managed"},
	{Key: "gateway.istio.io/name-override"},
	{Key: "gateway.istio.io/service-account"},
	{Key: "gateway.networking.k8s.io/gateway-class-name"},
	{Key: "gateway.networking.k8s.io/gateway-name"},
	{Key: "istio.io/autoRegistrationGroup"},
	{Key: "istio.io/connectedAt"},
	{Key: "istio.io/disconnectedAt"},
	{Key: "istio.io/ingress-use-waypoint"},
	{Key: "istio.io/tag"},
	{Key: "istio.io/use-waypoint"},
	{Key: "istio.io/use-waypoint-canary"},
	{Key: "istio.io/use-waypoint-canary-namespace"},
	{Key: "istio.io/use-waypoint-canary-weight"},
	{Key: "istio.io/use-waypoint-namespace"},
	{Key: "istio.io/waypoint-for"},
	{Key: "istio.io/workloadController"},
	{Key: "kubernetes.io/ingress.class"},
	{Key: "networking.istio.io/enable-autoallocate-ip"},
	{Key: "networking.istio.io/exportTo"},
	{Key: "networking.istio.io/gatewayPort"},
	{Key: "networking.istio.io/service-type"},
	{Key: "networking.istio.io/traffic-distribution"},
	{Key: "operator.istio.io/component"},
	{Key: "operator.istio.io/managed"},
	{Key: "operator.istio.io/version"},
	{Key: "prometheus.istio.io/merge-metrics"},
	{Key: "readiness.status.sidecar.istio.io/applicationPorts"},
	{Key: "readiness.status.sidecar.istio.io/failureThreshold"},
	{Key: "readiness.status.sidecar.istio.io/initialDelaySeconds"},
	{Key: "readiness.status.sidecar.istio.io/periodSeconds"},
	{Key: "service.istio.io/canonical-name"},
	{Key: "service.istio.io/canonical-revision"},
	{Key: "service.istio.io/workload-name"},
	{Key: "sidecar.istio.io/agentLogLevel"},
	{Key: "sidecar.istio.io/componentLogLevel"},
	{Key: "sidecar.istio.io/extraStatTags"},
	{Key: "sidecar.istio.io/logLevel"},
	{Key: "sidecar.istio.io/nativeSidecar"},
	{Key: "sidecar.istio.io/proxyCPU"},
	{Key: "sidecar.istio.io/proxyCPULimit"},
	{Key: "sidecar.istio.io/proxyImageType"},
	{Key: "sidecar.istio.io/proxyMemory"},
	{Key: "sidecar.istio.io/proxyMemoryLimit"},
	{Key: "sidecar.istio.io/rewriteAppHTTPProbers"},
	{Key: "sidecar.istio.io/statsCompression"},
	{Key: "sidecar.istio.io/statsEvictionInterval"},
	{Key: "sidecar.istio.io/statsFlushInterval"},
	{Key: "sidecar.istio.io/statsHistogramBins"},
	{Key: "sidecar.istio.io/statsHistogramBuckets"},
	{Key: "sidecar.istio.io/statsInclusionPrefixes"},
	{Key: "sidecar.istio.io/statsInclusionRegexps"},
	{Key: "sidecar.istio.io/statsInclusionSuffixes"},
	{Key: "status.sidecar.istio.io/port"},
	{Key: "topology.istio.io/cluster"},
	{Key: "topology.istio.io/controlPlaneClusters"},
	{Key: "topology.istio.io/locality"},
	{Key: "topology.istio.io/network"},
	{Key: "topology.istio.io/subzone"},
	{Key: "traffic.istio.io/nodeSelector"},
}

func isOneOf(values ...string) func(string) bool {
	return func(value string) bool {
		for _, v := range values {
			if value == v {
				return true
			}
		}
		return false
	}
}

// harmlessProxyConfig are the fields of Istio's ProxyConfig that change neither
// which proxy runs nor what it captures and enforces
// (istio.io/api/mesh/v1alpha1/proxy.proto).
var harmlessProxyConfig = map[string]bool{
	"concurrency":                     true,
	"drainDuration":                   true,
	"holdApplicationUntilProxyStarts": true,
	"terminationDrainDuration":        true,
	"tracing":                         true,
	"proxyStatsMatcher":               true,
	"extraStatTags":                   true,
	"statsCompression":                true,
}

func isHarmlessProxyConfig(value string) bool {
	var fields map[string]any
	if yaml.Unmarshal([]byte(value), &fields) != nil {
		return false
	}
	for name := range fields {
		if !harmlessProxyConfig[name] {
			return false
		}
	}
	return true
}

// SidecarPorts are the ports that the sidecar listens on
// (istio.io/docs, Application requirements: ports used by Istio).
var SidecarPorts = []int32{15000, 15001, 15002, 15004, 15006, 15008, 15009, 15020, 15021, 15053, 15090}

// ProxyID is the user and the group that sidecars run as. What another
// container sends as either, the pod's network rules take for the sidecar's
// (IST0144).
const ProxyID = 1337

// IsIstioKey reports whether a label or an annotation is one of Istio's.
func IsIstioKey(key string) bool {
	domain, _, _ := strings.Cut(key, "/")
	return domain == "istio.io" || strings.HasSuffix(domain, ".istio.io")
}
