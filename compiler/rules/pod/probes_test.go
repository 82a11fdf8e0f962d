package pod_test

import (
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestProbeRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `probes: {readiness: {http: /}}`},
		{App: `probes: {readiness: {http: healthz}}`, Want: "invalid-path healthz"},
		{App: `probes: {readiness: {http: /, headers: {A: b}}}`},
		{App: `probes: {readiness: {tcp: true, headers: {A: b}}}`, Want: "misplaced-field headers"},
		{App: `probes: {readiness: {exec: [true-ish], port: 8080}}`, Want: "misplaced-field port"},
		{App: `probes: {liveness: {http: /, successes: 1}}`},
		{App: `probes: {liveness: {http: /, successes: 2}}`, Want: "invalid-probe 2"},
		{App: `probes: {readiness: {http: /, successes: 2, period: 5}}`},
		{App: `probes: {readiness: {http: /, failures: 3}}`, Want: "invalid-probe failures"},
		{App: `probes: {readiness: {http: /, failures: 3, period: 5}}`},
		{App: `probes: {readiness: {http: /, timeout: 3}}`, Want: "invalid-probe timeout"},
		{App: `probes: {readiness: {http: /, timeout: 0, period: 5}}`, Want: "invalid-probe 0"},
	})
}

func TestProbeRules_OtherContainers(t *testing.T) {
	const flags = `target: {config: {features: {multi-container-probing: enabled, kubernetes.podspec-init-containers: enabled}}}`
	sidecar := func(probes string) string {
		return `port: 8080, sidecars: {log: {image: example.com/log:v1, probes: {` + probes + `}}}`
	}
	checktest.Run(t, []checktest.Case{
		{Top: flags, App: sidecar(`readiness: {http: /, port: 81}`)},
		{App: sidecar(`readiness: {http: /, port: 81}`), Want: "feature-disabled probes"},
		{Top: flags, App: sidecar(`readiness: {http: /}`), Want: "missing-field readiness"},
		{Top: flags, App: sidecar(`liveness: {exec: [check]}`)},
		{Top: flags, App: `init: {setup: {image: example.com/xx:v1, probes: {liveness: {exec: [check]}}}}`, Want: "init-probe probes"},
	})
}

func TestProbeReaderRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `port: 8080, probes: {readiness: {http: /, port: 8080}}`},
		{App: `port: 8080, probes: {readiness: {http: /, port: 9000}}`},
		{App: `port: 8080, probes: {readiness: {http: /, port: 9000}}`, Top: `target: {knative: "1.0", istio: "1.12"}`, Want: "unsupported-field port"},
		{App: `port: 8080, probes: {readiness: {http: /, port: 8080}}`, Top: `target: {knative: "1.0", istio: "1.12"}`},
		{App: `port: 8080, probes: {liveness: {tcp: true, port: 9000}}`, Top: `target: {knative: "1.0", istio: "1.12"}`, Want: "unsupported-field port"},
	})
}
