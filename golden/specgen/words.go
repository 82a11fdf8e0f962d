package specgen

import (
	"strings"

	"pgregory.net/rapid"

	"github.com/belay-sh/belay/internal/target"
)

// Digests of images that are nowhere: nothing pulls them.
const (
	digest  = "@sha256:5ea96ba4b872685ff4ddb5cd8d1a97ec18c18fae79ee8df0d29f446c5efe5f50"
	digest2 = "@sha256:b5bb9d8014a0f9b1d61e21e796d78dccdf1352f23cd32812f4850b878ae4944c"
)

// anyText is text that Kubernetes takes in a value: any but NUL.
var anyText = rapid.OneOf(
	rapid.SampledFrom([]string{"", "y", "012", "1e3", "~", "a: b", "$(HOME)", "$$(HOME)", "über", "line\nline", "\t", "\u2028"}),
	rapid.Map(rapid.StringN(0, 12, -1), func(s string) string { return strings.ReplaceAll(s, "\x00", "") }),
)

// words are the values of fields and of named types that a pattern or a bound
// of the schema says too little about: by the field, with the type that it is
// in where others have one of that name, or by the type. "x key" and "x value"
// are those of the map or list x.
var words = map[string]*rapid.Generator[any]{
	// Names and hosts.
	"Label1035":      matching(`[a-z]([-a-z0-9]{0,6}[a-z0-9])?`),
	"Label1123":      matching(`[a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?`),
	"Subdomain1123":  matching(`[a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?(\.[a-z0-9]{1,4})?`),
	"Domain":         matching(`[a-z0-9]([-a-z0-9]{0,6}[a-z0-9])?\.example\.(com|org)`),
	"QualifiedName":  matching(`(example\.com/)?[A-Za-z0-9]([-A-Za-z0-9_.]{0,8}[A-Za-z0-9])?`),
	"LabelValue":     matching(`([A-Za-z0-9]([-A-Za-z0-9_.]{0,61}[A-Za-z0-9])?)?`),
	"EnvName":        matching(`[-._a-zA-Z][-._a-zA-Z0-9]{0,8}`),
	"ConfigKey":      matching(`[-._a-zA-Z0-9]{1,12}`),
	"apps key":       matching(`[a-z]([-a-z0-9]{0,8}[a-z0-9])?`),
	"namespace":      one("default", "team-a", "team-b"),
	"revisions key":  one("a", "b", "blue", "v1-2"),
	"tag":            one("next", "blue", "x"),
	"sidecars key":   one("proxy", "log-shipper"),
	"init key":       one("migrate", "wait-for-db"),
	"Image":          one("registry.example.com/team/app"+digest, "registry.example.com:5000/app:v1"+digest2, "app"+digest2),
	"MountPath":      one("/etc/app", "/data/", "/var/lib/a b", "/tmp", "/cache/../cache2", "/dev/shm"),
	"RelativePath":   one("a", "dir/file.txt", ".data", "a b"),
	"HostPath.path":  one("/data", "/data/", "/var/lib/a b"),
	"EnvFrom.prefix": one("", "APP_", "app.", " ~"),
	"version":        one(target.Default().Knative.String() + ".0"),
	"sslip":          one("203.0.113.7", "2001:db8::7"),
	"trustDomain":    one("cluster.local", "mesh.example"),
	"on value":       one("5xx", "connect-failure", "503"),
	"paths value":    one("/", "/api/*", "/healthz"),
	"urls value":     one("https://example.com/serving.yaml"),
	"http":           one("/", "/healthz", "/ready?full=true"),
	"exec":           beginning("/bin/true", "-c", "exit 0"),
	"headers key":    matching(`[A-Za-z][-A-Za-z0-9]{0,8}`),
	"fields value":   one("metadata.name", "metadata.labels", "metadata.annotations['team']"),
	"field":          one("metadata.name", "spec.nodeName", "status.podIP"),
	"Capability":     one("NET_BIND_SERVICE", "SYS_TIME", "CHOWN"),
	"regex":          one(".*", "a|b", "[0-9]+"),
	"filter":         one("response.code >= 400", "request.method == 'GET' || true"), // CEL, which belay does not read
	"driver":         one("csi.example.com", "secrets-store.csi.k8s.io"),
	"attributes key": matching(`[a-zA-Z0-9.]{1,8}`),

	// Quantities, in every form.
	"Quantity":     one("0", "1m", "100m", "0.5", "1", "1.5", "1500m", 2, "1e3", "64Mi", "128Mi", "1Gi", "1.5Gi", "1E"),
	"sizeLimit":    one("64Mi", "1.5Gi", "1G"),
	"requests key": one("cpu", "memory", "ephemeral-storage", "example.com/gpu"),
	"limits key":   one("cpu", "memory", "ephemeral-storage", "example.com/gpu"),
	"mode":         one("0644", "600", 0o644, 0, 0o777),

	// What the cluster's limits bound, bounds included.
	"port":                        numbers(1, 80, 443, 1023, 1024, 8080, 8009, 65535),
	"concurrency":                 numbers(0, 1, 10, 999, 1000),
	"timeoutSeconds":              numbers(1, 30, 299, 300, 301, 600),
	"responseStartTimeoutSeconds": numbers(0, 1, 30),
	"idleTimeoutSeconds":          numbers(0, 1, 30),
	"period":                      numbers(0, 1, 10),
	"failures":                    numbers(0, 1, 3),
	"Probe.timeout":               numbers(0, 1, 5),
	"successes":                   numbers(1, 2),
	"activation":                  numbers(2, 3, 10),
	"min":                         numbers(0, 1, 5),
	"max":                         numbers(0, 5, 10, 2147483647),
	"initial":                     numbers(0, 1, 5),
	"burstCapacity":               one(-1, 0, 211, 0.5),
	"Scale.window":                one("6s", "60s", "1m30s", "0.1h", "1h", "6000ms"),
	"Panic.window":                one(1, 10, 99.9, 100),
	"threshold":                   one(110, 200, 999.5, 1000),
	"downDelay":                   one("0s", "15m", "1h"),
	"retention":                   one("0s", "1ms", "1.5s", "1h"),
	"Rollout.duration":            one("0s", "1s", "10m", "1h30m"),
	"Duration":                    one("1s", "10m", "1h30m"),
	"class":                       one("kpa", "hpa", "autoscaler.example.com"),
	"metric":                      one("concurrency", "rps", "cpu", "memory", "queue-length"),
	"weight":                      numbers(0, 1, 50, 100),

	// Metadata.
	"labels key":       one("team", "example.com/tier", "argocd.argoproj.io/instance"),
	"annotations key":  one("note", "example.com/note", "prometheus.io/scrape", "argocd.argoproj.io/sync-wave"),
	"nodeSelector key": one("kubernetes.io/arch", "disk"),

	// Kubernetes' own types, and patches.
	"PreferredNodes.weight": numbers(1, 50, 100),
	"PreferredPods.weight":  numbers(1, 100),
	"maxSkew":               numbers(1, 5),
	"minDomains":            numbers(1, 3),
	"tolerationSeconds":     numbers(-1, 0, 300),
	"volumeName":            one("disk"),
	"patches": one(
		[]any{object{"kind": "Service", "merge": object{"metadata": object{"annotations": object{"note": "patched"}}}}},
		[]any{object{"kind": "Service", "json": []any{object{"op": "add", "path": "/metadata/labels/note", "value": "patched"}}}},
		[]any{object{"kind": "Service", "json": []any{object{"op": "add", "path": "/spec/template/spec/dnsConfig", "value": object{"nameservers": []any{}}}, object{"op": "remove", "path": "/spec/template/spec/dnsConfig"}}}},
		[]any{ // valid only together
			object{"kind": "Service", "json": []any{object{"op": "add", "path": "/spec/template/spec/volumes", "value": []any{object{"name": "patched", "emptyDir": object{}}}}}},
			object{"kind": "Service", "json": []any{object{"op": "add", "path": "/spec/template/spec/containers/0/volumeMounts", "value": []any{object{"name": "patched", "mountPath": "/patched"}}}}},
		},
		[]any{object{"kind": "Service", "merge": object{"spec": object{"template": object{"metadata": object{"annotations": object{"autoscaling.knative.dev/target-burst-capacity": "100"}}}}}}},
		[]any{object{"kind": "Service", "json": []any{object{"op": "add", "path": "/spec/template/spec/containers/0/terminationMessagePath", "value": "/dev/termination"}}}},
	),

	// The target; its flags follow from the fields in use.
	"knative":      one(target.Default().Knative.String()),
	"Target.istio": one("1.31", "1.24", "1.22"),
	"defaults":     settings("defaults", "revision-timeout-seconds=60", "max-revision-timeout-seconds=900", "container-concurrency=10", "revision-cpu-request=400m", "revision-memory-limit=1Gi", "revision-idle-timeout-seconds=30", "enable-service-links=true", "container-name-template=app"),
	"features":     settings("features", "secure-pod-defaults=AllowRootBounded", "secure-pod-defaults=Enabled", "autodetect-http2=enabled"),
	"network":      settings("network", "domain-template={{.Name}}-{{.Namespace}}.{{.Domain}}", "tag-template={{.Name}}-{{.Tag}}", "external-domain-tls=Enabled", "autocreate-cluster-domain-claims=true"),
	"autoscaler":   settings("autoscaler", "allow-zero-initial-scale=true", "pod-autoscaler-class=hpa.autoscaling.knative.dev"),
	"deployment":   settings("deployment", "progress-deadline=300s"),
	"gc":           settings("gc", "min-non-active-revisions=5"),
}

// knownAnnotations are annotations that Knative and Istio read.
var knownAnnotations = [][2]string{
	{"serving.knative.dev/progress-deadline", "1m30s"},
	{"serving.knative.dev/no-gc", "true"},
	{"queue.sidecar.serving.knative.dev/cpu-resource-request", "25m"},
	{"queue.sidecar.serving.knative.dev/memory-resource-limit", "1Gi"},
	{"features.knative.dev/queueproxy-podinfo", "enabled"},
	{"features.knative.dev/http-full-duplex", "Enabled"},
	{"networking.knative.dev/http-protocol", "redirected"},
	{"networking.knative.dev/disable-external-domain-tls", "true"},
	{"networking.knative.dev/ingress-class", "istio.ingress.networking.knative.dev"},
	{"proxy.istio.io/config", "holdApplicationUntilProxyStarts: true"},
}

func matching(expr string) *rapid.Generator[any] { return rapid.StringMatching(expr).AsAny() }

func one(values ...any) *rapid.Generator[any] { return rapid.SampledFrom(values) }

func numbers(values ...int64) *rapid.Generator[any] { return rapid.SampledFrom(values).AsAny() }

// beginning draws one or more of the first elements of a list.
func beginning(values ...any) *rapid.Generator[any] {
	return rapid.Map(rapid.IntRange(1, len(values)), func(n int) any { return values[:n] })
}

// settings draws one of a ConfigMap's settings: one given as "key=value", or
// one that the release has anyway, written out.
func settings(configMap string, changed ...string) *rapid.Generator[any] {
	for _, key := range target.Default().Settings(configMap) {
		if value := target.Default().Setting(configMap, key); value != "" {
			changed = append(changed, key+"="+value)
		}
	}
	return rapid.Map(rapid.SampledFrom(changed), func(setting string) any {
		key, value, _ := strings.Cut(setting, "=")
		return object{key: value}
	})
}
