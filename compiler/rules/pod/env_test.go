package pod_test

import (
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestEnvRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `env: {LOG: info}`},
		{App: `env: {PORT: "1"}`, Want: "reserved-env PORT"},
		{App: `env: {K_SERVICE: web}`, Want: "reserved-env K_SERVICE"},
		{App: `env: {K_SERVICES: web}`},
		{App: `port: 8080, sidecars: {log: {image: example.com/log:v1, env: {PORT: "1"}}}`},
		{App: `port: 8080, sidecars: {log: {image: example.com/log:v1, env: {K_REVISION: x}}}`, Want: "reserved-env K_REVISION"},
		{App: `env: {T: {secret: s, key: k}}`},
		{App: `env: {T: {secret: s, key: k, optional: true}}`},
		{App: `env: {T: {secret: s}}`, Want: "missing-field T"},
		{App: `env: {T: {configMap: s}}`, Want: "missing-field T"},
	})
	const fields = `target: {config: {features: {kubernetes.podspec-fieldref: enabled}}}`
	checktest.Run(t, []checktest.Case{
		{Top: fields, App: `env: {T: {field: metadata.name}}`},
		{Top: fields, App: `env: {T: {field: metadata.name, key: k}}`, Want: "misplaced-field key"},
		{Top: fields, App: `env: {T: {field: metadata.name, optional: true}}`, Want: "misplaced-field optional"},
	})
}

func TestEnvRules_Cycles(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `env: {A: $(B), B: $(C), C: c}`},
		{App: `env: {A: $(A)}`, Want: "env-cycle $(A)"},
		{App: `env: {A: $$(A)}`},
		{App: `env: {A: $(B), B: $(C), C: $(A)}`, Want: "env-cycle $(A)"},
		{App: `env: {A: $(X), B: $(A)}`},
	})
}
