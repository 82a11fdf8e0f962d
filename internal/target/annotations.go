package target

import (
	"slices"
	"strings"
)

// autoscaling are the annotations of the autoscaler, by their names of today,
// with the release that began to read each; zero for all
// (knative.dev/serving/pkg/apis/autoscaling/register.go).
var autoscaling = map[string]Version{
	"activation-scale":                   {1, 7},
	"class":                              {},
	"initial-scale":                      {},
	"max-scale":                          {},
	"metric":                             {},
	"metric-aggregation-algorithm":       {},
	"min-scale":                          {},
	"panic-threshold-percentage":         {},
	"panic-window-percentage":            {},
	"scale-down-delay":                   {},
	"scale-to-zero-pod-retention-period": {},
	"target":                             {},
	"target-burst-capacity":              {},
	"target-utilization-percentage":      {},
	"window":                             {},
}

// AutoscalingName is the name of today of an annotation of the autoscaler,
// given its whole key in any spelling: "min-scale" for
// "autoscaling.knative.dev/minScale". It reports whether there is one.
func AutoscalingName(key string) (name string, ok bool) {
	name, ok = strings.CutPrefix(key, "autoscaling.knative.dev/")
	if !ok {
		return "", false
	}
	for today, old := range camelCase {
		if name == old {
			name = today
		}
	}
	_, ok = autoscaling[name]
	return name, ok
}

// Unread says why the target's Knative does not read an annotation of an
// object or of a template, in words, and what to do; "" for one that it reads
// or that is not about Knative.
func (t *Target) Unread(key string) (why, hint string) {
	const newer = `set target: knative: "%s" or newer`
	if strings.HasPrefix(key, "autoscaling.knative.dev/") {
		name, ok := AutoscalingName(key)
		switch {
		case !ok:
			return "the autoscaler reads no annotation of that name", ""
		case !t.Knative.AtLeast(autoscaling[name]):
			return "Knative " + t.Knative.String() + " does not read it; it came with " + autoscaling[name].String(),
				strings.Replace(newer, "%s", KnownSince(autoscaling[name]).String(), 1)
		case !t.Knative.AtLeast(kebabSince) && key != t.AutoscalingKey(name):
			return "Knative " + t.Knative.String() + " does not read this spelling", "write " + t.AutoscalingKey(name)
		}
		return "", ""
	}
	if key == "serving.knative.dev/rollout-duration" && key != t.RolloutKey() {
		return "Knative " + t.Knative.String() + " does not read this spelling", "write " + t.RolloutKey()
	}
	if known := Annotation(key); !t.Knative.AtLeast(known.Since) {
		return "Knative " + t.Knative.String() + " does not read it; it came with " + known.Since.String(),
			strings.Replace(newer, "%s", KnownSince(known.Since).String(), 1)
	}
	return "", ""
}

// Accepts reports whether a value of an annotation means something to Knative,
// and the values that do; none are listed if any may.
func Accepts(key, value string) (values []string, ok bool) {
	values = Annotation(key).Values
	return values, values == nil || slices.Contains(values, value)
}
