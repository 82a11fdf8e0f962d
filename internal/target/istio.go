package target

// v1Since is the release from which Istio serves its stable kinds as v1
// (https://istio.io/latest/blog/2024/v1-apis/).
var v1Since = Version{1, 22}

// IstioAPI is the API version to write an Istio kind with, given its group:
// the newest that the target serves for all kinds of the group alike.
func (t *Target) IstioAPI(group string) string {
	switch {
	case t.Istio.AtLeast(v1Since):
		return group + "/v1"
	case group == "telemetry.istio.io":
		return group + "/v1alpha1"
	}
	return group + "/v1beta1"
}

// activatorAccountSince is the release from which the activator has a service
// account of its own (knative.dev/serving/config/core/200-roles).
var activatorAccountSince = Version{1, 11}

// ActivatorAccount is the service account that Knative's activator runs as, in
// the namespace knative-serving.
func (t *Target) ActivatorAccount() string {
	if t.Knative.AtLeast(activatorAccountSince) {
		return "activator"
	}
	return "controller"
}

// DecodeAndMergeSlashes is the way of reading paths by which the mesh and an app
// agree on slashes: the mesh decodes those that are encoded, and merges those
// that follow each other (meshConfig.pathNormalization).
const DecodeAndMergeSlashes = "decode-and-merge-slashes"

// regexEngineUntil is the release of Istio whose Envoy no longer asks for the
// engine of a regular expression (envoy/type/matcher/v3/regex.proto).
var regexEngineUntil = Version{1, 16}

// NamesRegexEngine reports whether Envoy's configuration names the engine.
func (t *Target) NamesRegexEngine() bool { return !t.Istio.AtLeast(regexEngineUntil) }
