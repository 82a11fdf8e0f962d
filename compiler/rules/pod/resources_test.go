package pod_test

import (
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestResourceRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `resources: {requests: {cpu: 100m}, limits: {cpu: "1"}}`},
		{App: `resources: {requests: {cpu: 1001m}, limits: {cpu: "1"}}`, Want: "request-over-limit 1001m"},
		{App: `resources: {requests: {memory: 1Gi}, limits: {memory: 1024Mi}}`},
		{App: `resources: {requests: {memory: 1Gi}, limits: {memory: 1G}}`, Want: "request-over-limit 1Gi"},
		{App: `resources: {limits: {example.com/gpu: "1"}}`},
		{App: `resources: {limits: {example.com/gpu: "1.5"}}`, Want: `invalid-value "1.5"`},
		{App: `resources: {requests: {example.com/gpu: "1"}}`, Want: "missing-field example.com/gpu"},
		{App: `resources: {requests: {example.com/gpu: "1"}, limits: {example.com/gpu: "2"}}`, Want: `request-over-limit "1"`},
		{App: `resources: {requests: {example.com/gpu: "2"}, limits: {example.com/gpu: "2"}}`},
	})
}

func TestQuantityRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `resources: {requests: {memory: 128Mi}}`},
		{App: `resources: {requests: {memory: 128m}}`, Want: "unlikely-quantity 128m"},
		{App: `resources: {requests: {memory: "128"}}`, Want: `unlikely-quantity "128"`},
		{App: `resources: {requests: {memory: "0"}}`},
		{App: `resources: {limits: {memory: 2Mi}}`, Want: "unlikely-quantity 2Mi"},
		{App: `resources: {requests: {memory: 2Mi}}`},
		{App: `resources: {requests: {cpu: 100m}}`},
		{App: `resources: {requests: {cpu: 500u}}`, Want: "unlikely-quantity 500u"},
		{App: `resources: {requests: {cpu: "100"}}`, Want: `~unlikely-quantity "100"`},
		{App: `resources: {requests: {cpu: "64"}}`},
		{App: `resources: {requests: {ephemeral-storage: 1k}}`, Want: "unlikely-quantity 1k"},
	})
}

func TestPassedOnRules(t *testing.T) {
	const fields = `target: {config: {features: {kubernetes.podspec-fieldref: enabled}}}`
	checktest.Run(t, []checktest.Case{
		{Top: fields, App: `env: {T: {field: metadata.namespace}}`},
		{Top: fields, App: `env: {T: {field: metadata.nmae}}`, Want: "unknown-value metadata.nmae"},
		{App: `resources: {requests: {memry: 128Mi}}`, Want: "unknown-value memry"},
		{App: `resources: {requests: {hugepages-2Mi: 4Mi}, limits: {hugepages-2Mi: 4Mi, memory: 128Mi}}`},
		{App: `security: {profile: strict, user: 65532}`},
		{App: `security: {profile: strict, user: 0}`, Want: "root-user 0"},
		{App: `security: {profile: bounded, user: 0}`},
	})
}

func TestSchedulingRules(t *testing.T) {
	const flags = `target: {config: {features: {kubernetes.podspec-tolerations: enabled, kubernetes.podspec-topologyspreadconstraints: enabled}}}`
	checktest.Run(t, []checktest.Case{
		{Top: flags, App: `scheduling: {tolerations: [{key: a, operator: Exists}]}`},
		{Top: flags, App: `scheduling: {tolerations: [{key: a, operator: Exists, value: b}]}`, Want: "misplaced-field value"},
		{Top: flags, App: `scheduling: {topologySpread: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {belay.sh/app: web}}}]}`},
		{Top: flags, App: `scheduling: {topologySpread: [{maxSkew: 1, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {belay.sh/app: other}}}]}`, Want: "~unread-setting other"},
		{Top: flags, App: `scheduling: {topologySpread: [{maxSkew: 0, topologyKey: zone, whenUnsatisfiable: DoNotSchedule, labelSelector: {matchLabels: {belay.sh/app: web}}}]}`, Want: "out-of-bounds 0"},
	})
}
