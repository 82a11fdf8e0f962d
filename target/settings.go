package target

import "slices"

// setting is a key of one of Knative's ConfigMaps. Value is the release's.
type setting struct {
	configMap string
	key       string
	value     string
}

// settings are the keys that belay knows, with their values as released.
// Sources: knative.dev/serving/pkg/apis/config/defaults.go,
// pkg/autoscaler/config, pkg/deployment and pkg/gc, and
// knative.dev/networking/pkg/config, at v0.50.
var settings = []setting{
	{"defaults", "revision-timeout-seconds", "300"},
	{"defaults", "max-revision-timeout-seconds", "600"},
	{"defaults", "revision-response-start-timeout-seconds", ""},
	{"defaults", "revision-idle-timeout-seconds", "0"},
	{"defaults", "revision-cpu-request", ""},
	{"defaults", "revision-memory-request", ""},
	{"defaults", "revision-ephemeral-storage-request", ""},
	{"defaults", "revision-cpu-limit", ""},
	{"defaults", "revision-memory-limit", ""},
	{"defaults", "revision-ephemeral-storage-limit", ""},
	{"defaults", "container-name-template", "user-container"},
	{"defaults", "init-container-name-template", "init-container"},
	{"defaults", "container-concurrency", "0"},
	{"defaults", "container-concurrency-max-limit", "1000"},
	{"defaults", "allow-container-concurrency-zero", "true"},
	{"defaults", "enable-service-links", "false"},

	{"autoscaler", "container-concurrency-target-percentage", "70"},
	{"autoscaler", "container-concurrency-target-default", "100"},
	{"autoscaler", "requests-per-second-target-default", "200"},
	{"autoscaler", "target-burst-capacity", "211"},
	{"autoscaler", "stable-window", "60s"},
	{"autoscaler", "panic-window-percentage", "10"},
	{"autoscaler", "panic-threshold-percentage", "200"},
	{"autoscaler", "max-scale-up-rate", "1000"},
	{"autoscaler", "max-scale-down-rate", "2"},
	{"autoscaler", "enable-scale-to-zero", "true"},
	{"autoscaler", "scale-to-zero-grace-period", "30s"},
	{"autoscaler", "scale-to-zero-pod-retention-period", "0s"},
	{"autoscaler", "scale-down-delay", "0s"},
	{"autoscaler", "pod-autoscaler-class", "kpa.autoscaling.knative.dev"},
	{"autoscaler", "activator-capacity", "100"},
	{"autoscaler", "initial-scale", "1"},
	{"autoscaler", "allow-zero-initial-scale", "false"},
	{"autoscaler", "min-scale", "0"},
	{"autoscaler", "max-scale", "0"},
	{"autoscaler", "max-scale-limit", "0"},

	{"network", "ingress-class", "istio.ingress.networking.knative.dev"},
	{"network", "certificate-class", "cert-manager.certificate.networking.knative.dev"},
	{"network", "domain-template", "{{.Name}}.{{.Namespace}}.{{.Domain}}"},
	{"network", "tag-template", "{{.Tag}}-{{.Name}}"},
	{"network", "auto-tls", "Disabled"},
	{"network", "external-domain-tls", "Disabled"},
	{"network", "cluster-local-domain-tls", "Disabled"},
	{"network", "system-internal-tls", "Disabled"},
	{"network", "internal-encryption", "false"},
	{"network", "http-protocol", "Enabled"},
	{"network", "rollout-duration", "0"},
	{"network", "autocreate-cluster-domain-claims", "false"},
	{"network", "mesh-compatibility-mode", "auto"},
	{"network", "enable-mesh-pod-addressability", "false"},
	{"network", "default-external-scheme", "http"},
	{"network", "namespace-wildcard-cert-selector", ""},

	{"deployment", "queue-sidecar-image", ""},
	{"deployment", "registries-skipping-tag-resolving", "kind.local,ko.local,dev.local"},
	{"deployment", "digest-resolution-timeout", "10s"},
	{"deployment", "progress-deadline", "600s"},
	{"deployment", "queue-sidecar-cpu-request", "25m"},
	{"deployment", "queue-sidecar-cpu-limit", ""},
	{"deployment", "queue-sidecar-memory-request", ""},
	{"deployment", "queue-sidecar-memory-limit", ""},
	{"deployment", "queue-sidecar-ephemeral-storage-request", ""},
	{"deployment", "queue-sidecar-ephemeral-storage-limit", ""},
	{"deployment", "queue-sidecar-token-audiences", ""},
	{"deployment", "queue-sidecar-rootca", ""},
	{"deployment", "queue-sidecar-tls-min-version", ""},
	{"deployment", "queue-sidecar-tls-max-version", ""},
	{"deployment", "queue-sidecar-tls-cipher-suites", ""},
	{"deployment", "queue-sidecar-tls-curve-preferences", ""},
	{"deployment", "default-affinity-type", "prefer-spread-revision-over-nodes"},
	{"deployment", "runtime-class-name", ""},
	{"deployment", "pod-is-always-schedulable", "false"},

	{"gc", "retain-since-create-time", "48h"},
	{"gc", "retain-since-last-active-time", "15h"},
	{"gc", "min-non-active-revisions", "20"},
	{"gc", "max-non-active-revisions", "1000"},
}

// Settings are the keys of a ConfigMap that belay knows; for "features", the
// target's flags.
func (t *Target) Settings(configMap string) []string {
	if configMap == "features" {
		return t.Flags()
	}
	var keys []string
	for _, s := range settings {
		if s.configMap == configMap {
			keys = append(keys, s.key)
		}
	}
	slices.Sort(keys)
	return keys
}
