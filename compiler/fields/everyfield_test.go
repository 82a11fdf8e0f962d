package fields

import (
	"testing"

	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/ir"
)

// everyField is a spec with every field that has a row, and with every way in
// which alternatives have one. No value is what belay makes without the field.
const everyField = `
target: config: features: {
	for flag in ["podspec-init-containers", "podspec-nodeselector", "podspec-tolerations", "podspec-affinity", "podspec-topologyspreadconstraints",
		"podspec-priorityclassname", "podspec-runtimeclassname", "podspec-securitycontext", "containerspec-addcapabilities",
		"podspec-persistent-volume-claim", "podspec-persistent-volume-write", "podspec-fieldref", "podspec-volumes-hostpath", "podspec-volumes-csi", "podspec-volumes-image", "podspec-volumes-ephemeral"] {"kubernetes.\(flag)": "enabled"}
	"multi-container-probing": "enabled"
}
apps: web: {
	name: "shop", namespace: "team"
	labels: team: "a"
	annotations: {"note": "x", "serving.knative.dev/progress-deadline": "10s"}
	image: "web:v1", command: ["run"], args: ["b", "c"], workingDir: "/work", pullPolicy: "Always"
	env: {
		A: "1"
		B: {field: "metadata.name"}
		C: {secret: "s", key: "k", optional: true}
		D: {configMap: "m", key: "k", optional: true}
	}
	envFrom: [{secret: "a", optional: true}, {configMap: "b", optional: true, prefix: "P_"}]
	port: 8081, protocol: "h2c"
	resources: {requests: {cpu: "1", "example.com/gpu": "1"}, limits: {cpu: "1", "example.com/gpu": "1"}}
	probes: {
		readiness: {http: "/", port: 8080, headers: a: "b", delay: 1, period: 2, timeout: 3, failures: 4, successes: 5}
		liveness: {tcp: true, port: 9001, delay: 1, period: 2, timeout: 3, failures: 4, successes: 5}
		startup: {grpc: "health", port: 9002, delay: 1, period: 2, timeout: 3, failures: 4, successes: 5}
	}
	mounts: {
		"/a": {secret: "a", items: k: "p", subPath: "p", optional: true, mode: "0400"}
		"/b": {configMap: "b", items: k: "p", optional: true, mode: 0o444}
		"/c": {emptyDir: {name: "shared", medium: "Memory", sizeLimit: "1Gi"}, readOnly: true}
		"/d": {mode: "0440", projected: [
			{secret: "a", items: k: "a", optional: true},
			{configMap: "b", items: k: "b", optional: true},
			{token: {path: "t", audience: "aud", expirationSeconds: 7200}},
			{fields: "labels": "metadata.labels"},
		]}
		"/e": {pvc: "e", readOnly: false}
		"/f": {hostPath: {path: "/data", type: "Directory"}}
		"/g": {csi: {driver: "csi.example.com", fsType: "ext4", attributes: a: "b", secret: "s"}, readOnly: false}
		"/h": {image: "models:v1"}
		"/i": {ephemeral: {accessModes: ["ReadWriteOnce"], resources: requests: storage: "1Gi"}}
	}
	security: {profile: "strict", user: 1001, group: 1002, fsGroup: 1003, readOnlyRoot: true, capabilities: ["CHOWN"]}
	serviceAccount: "account", pullSecrets: ["pull-a", "pull-b"]
	sidecars: log: {
		image: "log:v1", env: L: "1", pullPolicy: "Never"
		probes: {
			readiness: {tcp: true, port: 9003}
			liveness: {grpc: "", port: 9000}
			startup: {exec: ["true"]}
		}
		mounts: "/shared": {emptyDir: {name: "shared", medium: "Memory", sizeLimit: "1Gi"}}
		security: profile: "none"
	}
	sidecars: probed: {
		image: "log:v1"
		probes: {
			readiness: {grpc: "", port: 9004}
			liveness: {exec: ["true"]}
			startup: {http: "/", port: 9005, headers: a: "b"}
		}
	}
	sidecars: watched: {
		image: "log:v1"
		probes: {
			readiness: {exec: ["true"]}
			liveness: {http: "/", port: 9006, headers: a: "b"}
			startup: {tcp: true, port: 9007}
		}
	}
	init: wait: {image: "wait:v1", args: ["a"]}
	scheduling: {
		nodeSelector: disk: "ssd"
		tolerations: [{operator: "Exists"}]
		affinity: nodeAffinity: {}
		topologySpread: [{maxSkew: 1, topologyKey: "zone", whenUnsatisfiable: "DoNotSchedule", labelSelector: matchLabels: "app.kubernetes.io/name": "shop"}]
		priorityClass: "priority", runtimeClass: "runtime"
	}
	concurrency: 11, timeoutSeconds: 60, responseStartTimeoutSeconds: 12, idleTimeoutSeconds: 13
	scale: {min: 1, max: 9, initial: 2, activation: 3, metric: "rps", target: 100, utilization: 50, class: "kpa", window: "6s",
		downDelay: "1m30s", retention: "1s", burstCapacity: 211, aggregation: "linear", panic: {window: 10, threshold: 200}}
	revisions: {
		a: {weight: 40, tag: "x", match: [
			{
				headers: {"x-a": "v", "x-b": prefix: "p", "x-c": regex: "r+", "x-d": present: true}
				query: {a: "v", b: prefix: "p.", c: regex: "r+", d: present: true}
				path: prefix: "/p"
			},
			{path: regex: "/[a-z]+"},
			{path: exact: "/exact"},
		]}
		b: {weight: 60, existing: "shop-b"}
	}
	rollout: duration: "10m"
	visibility: "cluster-local"
	domains: {"a.example.com": tls: "cert", "b.example.com": {}}
	mesh: {
		inject: true, ambient: false, waypoint: "w", mtls: "strict"
		telemetry: {
			scrape: {port: 9000, path: "/m"}
			tracing: {sampling: 12.5, provider: "zipkin"}
			accessLog: {filter: "response.code >= 400", provider: "otel"}
			metrics: {tags: a: "request.host", disable: ["REQUEST_SIZE", "RESPONSE_SIZE"]}
		}
		jwt: [{issuer: "i", jwksUri: "https://i.example.com/keys", audiences: ["a", "b"]}]
		resilience: {
			connectionPool: {maxConnections: 1, maxRequests: 2, maxRequestsPerConnection: 3, connectTimeout: "1s"}
			outlier: {consecutiveErrors: 4, interval: "1m30s", ejectionTime: "2m", maxEjectionPercent: 50}
			retries: {attempts: 2, perTryTimeout: "2s", on: ["5xx", "reset"]}
			timeout: "10s"
		}
		egress: [{host: "a.example.com", port: 8443}, {host: "*.example.com", protocol: "HTTP"}, {namespace: "other"}]
		fault: {match: [{path: "/slow"}], delay: {duration: "1s", percent: 0.5}, abort: {status: 503, percent: 10}}
	}
}
`

// unchanged is for images that have no digest.
func unchanged(reference string) string { return reference }

// appOf checks a spec, in CUE, and returns the only app of it.
func appOf(t *testing.T, spec string) *ir.App {
	t.Helper()
	units, err := load.FindUnits([]string{"/spec/app.cue"}, load.Options{CUE: cuelang.Language{}, Dir: "/spec", Files: map[string][]byte{"/spec/app.cue": []byte(spec)}})
	require.NoError(t, err)
	root, diags := units[0].Load()
	require.Empty(t, diags)
	checked, diags := check.Assemble(root, check.Overrides{})
	require.False(t, diags.HasErrors(), "%v", diags)
	require.Len(t, checked.Apps, 1)
	return checked.Apps[0]
}
