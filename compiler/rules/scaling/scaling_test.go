package scaling_test

import (
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestScaleRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `scale: {min: 1, max: 1}`},
		{App: `scale: {min: 2, max: 1}`, Want: "scale-order 1"},
		{App: `scale: {max: 1, min: 2}`, Want: "scale-order 2"},
		{App: `scale: {min: 2, max: 0}`},
		{App: `scale: {min: 2, activation: 2}`},
		{App: `scale: {min: 3, activation: 2}`, Want: "scale-order 2"},
		{App: `scale: {activation: 3, max: 2}`, Want: "scale-order 2"},
		{App: `scale: {initial: 0}`, Want: "scale-limit 0"},
		{App: `scale: {initial: 0}`, Top: `target: {config: {autoscaler: {allow-zero-initial-scale: "true"}}}`},
		{App: `scale: {max: 10}`, Top: `target: {config: {autoscaler: {max-scale-limit: "10"}}}`},
		{App: `scale: {max: 11}`, Top: `target: {config: {autoscaler: {max-scale-limit: "10"}}}`, Want: "scale-limit 11"},
		{App: `scale: {max: 0}`, Top: `target: {config: {autoscaler: {max-scale-limit: "10"}}}`, Want: "scale-limit 0"},
		{App: `scale: {burstCapacity: -1}`},
		{App: `scale: {burstCapacity: -2}`, Want: "out-of-bounds -2"},
		{App: `scale: {window: 6s}`},
		{App: `scale: {window: 5s}`, Want: "duration-bounds 5s"},
		{App: `scale: {window: 6.5s}`, Want: "duration-bounds 6.5s"},
		{App: `scale: {downDelay: 1h}`},
		{App: `scale: {downDelay: 1h1s}`, Want: "duration-bounds 1h1s"},
		{App: `scale: {retention: 1500ms}`},
	})
}

func TestScaleRules_Metrics(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `scale: {metric: rps}`},
		{App: `scale: {metric: cpu}`, Want: "metric-class cpu"},
		{App: `scale: {metric: cpu, class: hpa, target: 80}`},
		{App: `scale: {metric: queue, class: hpa, target: 80}`},
		{App: `scale: {metric: queue, class: hpa, target: 80}`, Top: `target: {knative: "1.0"}`, Want: "metric-class queue"},
		{App: `scale: {class: kpa.autoscaling.knative.dev}`},
		{App: `scale: {class: vpa.autoscaling.knative.dev}`, Want: "unknown-value vpa.autoscaling.knative.dev"},
		{App: `scale: {class: keda.example.com, metric: cpu}`},
	})
}

func TestAutoscalerRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `scale: {class: hpa, metric: cpu, target: 80, utilization: 70}`, Want: "~unread-setting utilization"},
		{App: `scale: {class: kpa, utilization: 70}`},
		{App: `scale: {class: hpa, metric: cpu, target: 80, min: 0}`, Want: "~unread-setting 0"},
		{App: `scale: {class: hpa, metric: cpu, target: 80, min: 1}`},
		{App: `scale: {class: hpa, metric: memory}`, Want: "missing-field memory"},
		{App: `scale: {class: hpa, metric: cpu}`},
		{App: `scale: {class: hpa, metric: cpu, target: 80.5}`, Want: "invalid-value 80.5"},
		{App: `scale: {class: hpa, metric: cpu, target: 2147483648}`, Want: "out-of-bounds 2147483648"},
		{App: `scale: {class: hpa, metric: cpu, target: 80, initial: 0}`, Top: `target: {config: {autoscaler: {allow-zero-initial-scale: "true"}}}`, Want: "scale-limit 0"},
		{App: `scale: {retention: 1m}`},
		{App: `scale: {retention: 1m, min: 1}`, Want: "~unread-setting retention"},
		{App: `scale: {retention: 1m}`, Top: `target: {config: {autoscaler: {enable-scale-to-zero: "false"}}}`, Want: "~unread-setting retention"},
		{App: `scale: {min: 0}`, Top: `target: {config: {autoscaler: {enable-scale-to-zero: "false"}}}`, Want: "~unread-setting 0"},
		{App: `concurrency: 10, scale: {target: 10}`},
		{App: `concurrency: 10, scale: {target: 11}`, Want: "~unread-setting 11"},
		{App: `concurrency: 10, scale: {target: 11, metric: rps}`},
	})
	const platform = `platform: {manifests: {directory: manifests`
	checktest.Run(t, []checktest.Case{
		{Top: platform + `}}`, App: `scale: {class: hpa, metric: cpu, target: 80}`, Want: "~private-routes platform; missing-component hpa"},
		{Top: platform + `, hpa: true}}`, App: `scale: {class: hpa, metric: cpu, target: 80}`, Want: "~private-routes platform"},
	})
}

func TestLimitRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `timeoutSeconds: 600`},
		{App: `timeoutSeconds: 601`, Want: "timeout-limit 601"},
		{App: `timeoutSeconds: 601`, Top: `target: {config: {defaults: {max-revision-timeout-seconds: "900"}}}`},
		{App: `idleTimeoutSeconds: 300`},
		{App: `idleTimeoutSeconds: 301`, Want: "timeout-order 301"},
		{App: `timeoutSeconds: 400, responseStartTimeoutSeconds: 301`},
		{App: `timeoutSeconds: 10, responseStartTimeoutSeconds: 11`, Want: "timeout-order 11"},
		{App: `concurrency: 1000`},
		{App: `concurrency: 1001`, Want: "concurrency-limit 1001"},
		{App: `concurrency: 0`},
		{App: `concurrency: 0`, Top: `target: {config: {defaults: {allow-container-concurrency-zero: "false"}}}`, Want: "concurrency-limit 0"},
	})
}
