package golden_test

import (
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/internal/diag"
)

// A rejection is one way to write what a cluster rejects, breaks or mishandles.
type rejection struct {
	what   string
	by     string               // who would report it: the webhook, a reconciler, or nobody
	cases  map[string]diag.Code // fixtures that do it, and what belay reports
	reason string               // why no spec can do it, where there is no fixture
	valid  string               // a fixture that shows it done right, where no spec can do it wrong
}

// rejections list what Knative and Istio reject, by a number that stays.
var rejections = map[int]rejection{
	1: {what: "traffic of 50 and 40", by: "webhook", cases: map[string]diag.Code{"weights-sum": diag.WeightsSum, "weights-sum-none": diag.WeightsSum}},
	2: {what: "traffic to a revision that is not there", by: "reconciler", cases: map[string]diag.Code{
		"article-split": diag.ForeignRevision, "unrecorded-revision": diag.UnrecordedRevision, "auto-numbered-revision": diag.AutoNumberedRevision}},
	3: {what: "a revision's name together with latestRevision", by: "webhook", cases: map[string]diag.Code{"invalid-patch-latest": diag.InvalidPatch}},
	4: {what: "configurationName in a Service's traffic", by: "webhook", cases: map[string]diag.Code{"invalid-patch-configuration": diag.InvalidPatch}},
	5: {what: "two targets with one tag", by: "webhook", cases: map[string]diag.Code{"duplicate-tag": diag.DuplicateTag}},
	6: {what: "a tag that is no DNS-1035 label", by: "webhook", cases: map[string]diag.Code{"invalid-name-tag": diag.InvalidName}},
	7: {what: "a tag and a name too long for a Kubernetes Service", by: "reconciler", cases: map[string]diag.Code{"name-too-long-tag": diag.NameTooLong}},
	8: {what: "a revision not named after its Service", by: "webhook", cases: map[string]diag.Code{"invalid-patch-template-name": diag.InvalidPatch}},
	9: {what: "another template under the same name", by: "webhook", cases: map[string]diag.Code{
		"ledger-conflict": diag.LedgerConflict, "invalid-patch-named": diag.InvalidPatch}},
	10: {what: "a named template without defaults, applied again", by: "webhook",
		reason: "belay writes every default of the target", valid: "rollback-a"},
	11: {what: "a name that is no DNS-1035 label, or too long", by: "webhook", cases: map[string]diag.Code{
		"invalid-name-app": diag.InvalidName, "name-too-long": diag.NameTooLong}},
	12: {what: "ports in two containers", by: "webhook", cases: map[string]diag.Code{"sidecar-port": diag.SidecarPort, "port-required": diag.PortRequired}},
	13: {what: "a port of queue-proxy's", by: "webhook", cases: map[string]diag.Code{"reserved-port": diag.ReservedPort, "reserved-port-all": diag.ReservedPort}},
	14: {what: "a port named grpc, or of UDP", by: "webhook", cases: map[string]diag.Code{
		"unknown-value-protocol": diag.UnknownValue, "invalid-patch-udp": diag.InvalidPatch}},
	15: {what: "the variables PORT and K_…", by: "webhook", cases: map[string]diag.Code{"reserved-env": diag.ReservedEnv, "reserved-env-k": diag.ReservedEnv}},
	16: {what: "a volume without a mount, a mount without a volume", by: "webhook", cases: map[string]diag.Code{"invalid-patch-volume": diag.InvalidPatch}},
	17: {what: "a mount over /, /dev or (to 1.12) /tmp, or for writing", by: "webhook", cases: map[string]diag.Code{
		"reserved-path": diag.ReservedPath, "reserved-path-tmp": diag.ReservedPath, "read-only-mount": diag.ReadOnlyMount}},
	18: {what: "a field whose flag is off", by: "webhook", cases: map[string]diag.Code{
		"feature-disabled": diag.FeatureDisabled, "feature-disabled-allowed": diag.FeatureDisabled, "feature-disabled-init": diag.FeatureDisabled,
		"feature-disabled-pvc": diag.FeatureDisabled, "feature-disabled-pvc-write": diag.FeatureDisabled, "feature-disabled-sidecar-probe": diag.FeatureDisabled}},
	19: {what: "lifecycle, hostPort, terminationGracePeriodSeconds", by: "nobody", cases: map[string]diag.Code{"unknown-field-kubernetes": diag.UnknownField}},
	20: {what: "a concurrency or a timeout over the cluster's", by: "webhook", cases: map[string]diag.Code{
		"concurrency-limit": diag.ConcurrencyLimit, "timeout-limit": diag.TimeoutLimit}},
	21: {what: "a timeout for the response over that of the request", by: "nobody", cases: map[string]diag.Code{
		"timeout-order": diag.TimeoutOrder, "timeout-order-response": diag.TimeoutOrder}},
	22: {what: "scales and windows out of order or bounds", by: "webhook", cases: map[string]diag.Code{
		"scale-order": diag.ScaleOrder, "scale-limit": diag.ScaleLimit, "duration-bounds": diag.DurationBounds, "out-of-bounds-scale": diag.OutOfBounds}},
	23: {what: "an autoscaling annotation on the Service", by: "webhook", cases: map[string]diag.Code{"reserved-metadata-annotations": diag.ReservedMetadata}},
	24: {what: "an autoscaling annotation of another spelling", by: "nobody", cases: map[string]diag.Code{
		"reserved-metadata-annotations": diag.ReservedMetadata}, valid: "old-target"},
	25: {what: "metric cpu with class kpa, class hpa without its component", by: "webhook", cases: map[string]diag.Code{
		"metric-class": diag.MetricClass, "missing-component": diag.MissingComponent}},
	26: {what: "a visibility of no meaning", by: "nobody", cases: map[string]diag.Code{
		"unknown-value": diag.UnknownValue, "reserved-metadata-labels": diag.ReservedMetadata}},
	27: {what: "http-protocol disabled", by: "reconciler", cases: map[string]diag.Code{"invalid-annotation": diag.InvalidAnnotation}},
	28: {what: "a domain of one label, or of the cluster; no claim", by: "webhook", cases: map[string]diag.Code{
		"invalid-domain": diag.InvalidDomain, "cluster-domain": diag.ClusterDomain}, valid: "domains"},
	29: {what: "DomainMapping v1alpha1", by: "API server", reason: "belay writes v1beta1, which every release serves", valid: "domains"},
	30: {what: "the label serving.knative.dev/service on a Route", by: "webhook", cases: map[string]diag.Code{"reserved-metadata-labels": diag.ReservedMetadata}},
	31: {what: "one name for two objects", by: "reconciler", cases: map[string]diag.Code{
		"name-collision": diag.NameCollision, "name-collision-revision": diag.NameCollision, "duplicate-name": diag.DuplicateName}},
	32: {what: "a revision of another Service", by: "reconciler", cases: map[string]diag.Code{"foreign-revision": diag.ForeignRevision}},
	33: {what: "a rollout of half seconds, or negative", by: "webhook", cases: map[string]diag.Code{
		"duration-bounds-rollout": diag.DurationBounds, "invalid-duration": diag.InvalidDuration}},
	34: {what: "a probe with failures and no period, of two kinds, or of another port's name", by: "webhook", cases: map[string]diag.Code{
		"invalid-probe": diag.InvalidProbe, "one-of-probe-two": diag.OneOf, "invalid-patch-probe-port": diag.InvalidPatch}},
	35: {what: "an image by tag without a pin, or that does not parse", by: "webhook", cases: map[string]diag.Code{
		"missing-pin": diag.MissingPin, "invalid-image": diag.InvalidImage, "invalid-image-tag": diag.InvalidImage}},

	// The mesh.
	36: {what: "portLevelMtls without a selector", by: "Istio's webhook", cases: map[string]diag.Code{"invalid-patch-selector": diag.InvalidPatch}, valid: "mesh"},
	37: {what: "DENY without rules; ALLOW without knative-serving", by: "Istio's webhook", cases: map[string]diag.Code{
		"invalid-patch-denial": diag.InvalidPatch}, valid: "mesh-callers"},
	38: {what: "an ALLOW that the activator's own requests go around", by: "nobody", cases: map[string]diag.Code{
		"activator-in-path": diag.ActivatorInPath, "activator-in-path-service": diag.ActivatorInPath, "invalid-patch-denial": diag.InvalidPatch}, valid: "mesh-jwt"},
	39: {what: "a policy on the gateway that stops Knative's probes", by: "reconciler", cases: map[string]diag.Code{
		"invalid-patch-gateway-policy": diag.InvalidPatch}, valid: "mesh-callers"},
	40: {what: "strict mTLS and no sidecars in knative-serving", by: "nobody", cases: map[string]diag.Code{
		"strict-without-injected-serving": diag.StrictWithoutInjectedServing, "strict-without-injected-serving-platform": diag.StrictWithoutInjectedServing}},
	41: {what: "a VirtualService for a host or under a name of Knative's own", by: "nobody", cases: map[string]diag.Code{
		"domain-required": diag.DomainRequired, "cluster-domain": diag.ClusterDomain, "invalid-patch-mesh-host": diag.InvalidPatch}, valid: "release-match"},
	42: {what: "a VirtualService that its gateway does not see", by: "nobody", cases: map[string]diag.Code{"invalid-patch-export": diag.InvalidPatch}, valid: "release-match"},
	43: {what: "weights over two Services and one authority", by: "nobody", cases: map[string]diag.Code{"invalid-patch-destinations": diag.InvalidPatch}, valid: "release-match"},
	44: {what: "retries with no attempts and a timeout of each, destinations without weights", by: "Istio's webhook", cases: map[string]diag.Code{
		"retries-off": diag.RetriesOff, "invalid-patch-destinations": diag.InvalidPatch}, valid: "mesh-features"},
	45: {what: "both labels of injection on a namespace", by: "nobody", cases: map[string]diag.Code{
		"injection-conflict": diag.InjectionConflict, "injection-conflict-namespace": diag.InjectionConflict}},
	46: {what: "Telemetry v1 or PeerAuthentication v1 before Istio 1.22", by: "API server", cases: map[string]diag.Code{
		"invalid-patch-version": diag.InvalidPatch}, valid: "mesh-features-1.20"},
	47: {what: "old and new keys in config-istio", by: "reconciler", cases: map[string]diag.Code{"mixed-gateways": diag.MixedGateways}},
	48: {what: "an annotation that is a number", by: "API server", cases: map[string]diag.Code{"wrong-type-annotation": diag.WrongType}},
}

// TestRejections_AreDiagnosedOrImpossible compiles the fixtures of each rejection:
// those that do it wrong have its code, which has a page, and those that show what
// belay makes instead have no error. Most of the fixtures were written for the list:
// the test shows that each rejection is covered, and stays covered. It does not show
// that the list is complete, which only a real cluster shows (e2e applies the
// rejections that an API server can judge).
func TestRejections_AreDiagnosedOrImpossible(t *testing.T) {
	cases := map[string]fixture{}
	for _, f := range fixtures(t) {
		cases[f.Name] = f
	}
	compile := func(name string) diag.List {
		require.Contains(t, cases, name)
		_, _, diags := cases[name].compile(t)
		return diags
	}
	for n := 1; n <= len(rejections); n++ {
		r, ok := rejections[n]
		require.True(t, ok, "the numbers are not consecutive: there is no %d", n)
		assert.True(t, len(r.cases) > 0 || r.reason != "" && r.valid != "", "rejection %d (%s) has neither a fixture nor a reason", n, r.what)
		for name, code := range r.cases {
			assert.Contains(t, codesOf(compile("bad/"+name)), code, "rejection %d: %s", n, r.what)
			_, ok := diag.Page(code)
			assert.True(t, ok, "rejection %d: no page for %s", n, code)
		}
		if r.valid != "" {
			assert.False(t, compile(r.valid).HasErrors(), "rejection %d: %s", n, r.what)
		}
	}
}
