package pod_test

import (
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestContainerRules(t *testing.T) {
	const securityContext = `target: {config: {features: {kubernetes.podspec-securitycontext: enabled}}}`
	checktest.Run(t, []checktest.Case{
		{App: `port: 8080`},
		{App: `port: 8012`, Want: "reserved-port 8012"},
		{App: `port: 9090`, Want: "reserved-port 9090"},
		{App: `port: 80`, Want: "~low-port 80"},
		{App: `port: 1024`},
		{App: `port: 80, security: {profile: none}`},
		{App: `port: 80`, Top: `target: {config: {features: {kubernetes.containerspec-addcapabilities: enabled}}}`},
		{App: `protocol: h2c`, Want: "port-required protocol"},
		{App: `port: 8080, protocol: h2c`},
		{App: `port: 8080, sidecars: {log: {image: example.com/log:v1}}`},
		{App: `sidecars: {log: {image: example.com/log:v1}}`, Want: "port-required web"},
		{App: `port: 8080, sidecars: {log: {image: example.com/log:v1, port: 8081}}`, Want: "sidecar-port port"},
		{App: `port: 8080, sidecars: {log: {image: example.com/log:v1, protocol: h2c}}`, Want: "sidecar-port protocol"},
		{App: `pullSecrets: [a, b]`},
		{App: `pullSecrets: [a, b, a]`, Want: "duplicate-name a"},
		{Top: securityContext, App: `security: {fsGroup: 1000}`},
		{Top: securityContext, App: `port: 8080, sidecars: {log: {image: example.com/log:v1, security: {fsGroup: 1000}}}`, Want: "misplaced-field fsGroup"},
	})
}

func TestContainerRules_Image(t *testing.T) {
	const a, b = `image: example.com/aa:v1`, `image: example.com/bb:v1`
	checktest.Run(t, []checktest.Case{
		{Top: `apps: {web: {port: 8080}}`, Want: "missing-field web"},
		{Top: `apps: {web: {revisions: {a: {weight: 50, ` + a + `}, b: {weight: 50, ` + b + `}}}}`},
		{Top: `apps: {web: {revisions: {a: {weight: 50, ` + a + `}, b: {weight: 50}}}}`, Want: "missing-field b"},
		{Top: `apps: {web: {revisions: {a: {weight: 50}, b: {weight: 50}}}}`, Want: "missing-field web"},
		{Top: `apps: {web: {` + a + `, revisions: {a: {weight: 50}, b: {weight: 50}}}}`},
	})
}

func TestContainerNameRules(t *testing.T) {
	const image = `{image: example.com/xx:v1}`
	checktest.Run(t, []checktest.Case{
		{App: `port: 8080, sidecars: {proxy: ` + image + `}`},
		{App: `port: 8080, sidecars: {queue-proxy: ` + image + `}`, Want: "reserved-name queue-proxy"},
		{App: `port: 8080, sidecars: {user-container: ` + image + `}`, Want: "reserved-name user-container"},
		{App: `init: {istio-init: ` + image + `}`, Top: `target: {config: {features: {kubernetes.podspec-init-containers: enabled}}}`, Want: "reserved-name istio-init"},
		{App: `port: 8080, init: {x: ` + image + `}, sidecars: {x: ` + image + `}`, Top: `target: {config: {features: {kubernetes.podspec-init-containers: enabled}}}`, Want: "duplicate-name x"},
		{App: `port: 8080, init: {x: ` + image + `}, sidecars: {z: ` + image + `}`, Top: `target: {config: {features: {kubernetes.podspec-init-containers: enabled}}}`},
	})
}
