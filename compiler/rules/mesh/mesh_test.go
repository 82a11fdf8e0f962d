package mesh_test

import (
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

// injected is a target whose knative-serving has sidecars.
const injected = `target: {mesh: {injectedServing: true}}`

// guarded are fields beside mesh with which callers need nothing else.
const guarded = `visibility: cluster-local, scale: {min: 1, burstCapacity: 0}, `

func TestMTLSRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `mesh: {mtls: permissive}`},
		{App: `mesh: {mtls: strict}`, Want: "strict-without-injected-serving strict"},
		{App: `mesh: {mtls: strict}`, Top: injected},
		{App: `mesh: {rateLimit: {requests: 1, per: 1s}}`},
		{App: `mesh: {rateLimit: {requests: 1, per: 1s}}`, Top: `target: {config: {network: {system-internal-tls: Enabled}}}`, Want: "internal-tls rateLimit"},
		{App: `mesh: {egress: [api.example.org]}`, Top: `target: {config: {network: {system-internal-tls: Enabled}}}`},
	})
}

func TestSidecarRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `mesh: {inject: false}`},
		{App: `mesh: {inject: false, mtls: permissive}`},
		{App: `mesh: {inject: false, egress: [api.example.org]}`, Want: "sidecar-required egress"},
		{App: `mesh: {inject: false, telemetry: {accessLog: true}}`, Want: "sidecar-required telemetry"},
		{App: `domains: [web.example.org], mesh: {inject: false, resilience: {timeout: 10s}}`},
	})
}

func TestAmbientRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `mesh: {ambient: true}`},
		{App: `mesh: {waypoint: w}`, Want: "misplaced-field waypoint"},
		{App: `mesh: {ambient: true, inject: true}`, Want: "injection-conflict true"},
		{App: `mesh: {ambient: true, inject: false}`},
		{App: `mesh: {ambient: true, rateLimit: {requests: 1, per: 1s}}`, Want: "ambient-unsupported rateLimit"},
		{App: `mesh: {ambient: true, mtls: disable}`, Want: "ambient-unsupported disable"},
		{App: `mesh: {ambient: true, telemetry: {accessLog: true}}`, Want: "ambient-unsupported accessLog"},
		{App: `mesh: {ambient: true, waypoint: w, telemetry: {accessLog: true}}`},
	})
}

func TestBypassRules(t *testing.T) {
	const egress = `mesh: {egress: [api.example.org]}`
	checktest.Run(t, []checktest.Case{
		{App: `annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "9000"}, mesh: {}`},
		{App: `annotations: {traffic.sidecar.istio.io/excludeInboundPorts: "9000"}, ` + egress, Want: "sidecar-bypass traffic.sidecar.istio.io/excludeInboundPorts"},
		{App: `annotations: {note: "9000"}, ` + egress},
		{App: `mesh: {}, security: {user: 1337}`, Want: "reserved-user 1337"},
		{App: `mesh: {}, security: {user: 1338}`},
		{App: `security: {user: 1337}`},
		{App: `mesh: {inject: false}, security: {group: 1337}`},
		{App: `mesh: {}, port: 15001`, Want: "reserved-port 15001"},
		{App: `port: 15001`},
	})
}

func TestCallerRules(t *testing.T) {
	const callers = `callers: [{serviceAccount: shop/web}]`
	checktest.Run(t, []checktest.Case{
		{App: guarded + `mesh: {` + callers + `}`},
		{App: `scale: {min: 1, burstCapacity: 0}, mesh: {` + callers + `}`, Want: "~public-callers callers"},
		{App: `scale: {min: 1, burstCapacity: 0}, mesh: {callers: [{namespace: istio-system}]}`},
		{App: `visibility: cluster-local, mesh: {` + callers + `}`, Want: "activator-in-path callers"},
		{App: `visibility: cluster-local, mesh: {mtls: strict, ` + callers + `}`, Top: injected},
		{App: `visibility: cluster-local, mesh: {` + callers + `}`, Top: injected, Want: "identity-required callers"},
		{App: `visibility: cluster-local, mesh: {` + callers + `}`, Top: `target: {mesh: {injectedServing: true}, config: {network: {mesh-compatibility-mode: enabled}}}`},
		{App: guarded + `mesh: {mtls: disable, ` + callers + `}`, Want: "identity-required disable"},
	})
}

func TestEgressRules(t *testing.T) {
	egress := func(entries string) string { return `mesh: {egress: [` + entries + `]}` }
	checktest.Run(t, []checktest.Case{
		{App: egress(`api.example.org, {host: api.example.org, port: 8443}`)},
		{App: egress(`api.example.org, {host: api.example.org, port: 443}`), Want: "duplicate-host {"},
		{App: egress(`web.default.svc.cluster.local`), Want: "internal-host web.default.svc.cluster.local"},
		{App: egress(`{namespace: jobs}`)},
		{App: egress(`{namespace: jobs, port: 80}`), Want: "misplaced-field port"},
		{App: egress(`{host: db.example.org, protocol: TCP, port: 5432}`)},
		{App: egress(`{host: db.example.org, protocol: TCP}`), Want: "missing-field {"},
		{App: egress(`{host: "*.example.org", protocol: TCP, port: 5432}`), Want: `invalid-value "*.example.org"`},
		{App: egress(`{host: "*.example.org"}`)},
	})
}

func TestResilienceRules(t *testing.T) {
	const domains = `domains: [web.example.org], `
	checktest.Run(t, []checktest.Case{
		{App: domains + `mesh: {resilience: {timeout: 10s}}`},
		{App: `mesh: {resilience: {timeout: 10s}}`, Want: "domain-required timeout"},
		{App: `mesh: {fault: {abort: {status: 503}}}`, Want: "domain-required fault"},
		{App: domains + `mesh: {resilience: {retries: {attempts: 2, "on": [5xx, "503"]}}}`},
		{App: domains + `mesh: {resilience: {retries: {attempts: 2, "on": [5xy]}}}`, Want: "unknown-value 5xy"},
		{App: domains + `mesh: {resilience: {retries: {attempts: 2, "on": ["600"]}}}`, Want: `unknown-value "600"`},
		{App: domains + `mesh: {resilience: {retries: {attempts: 0, perTryTimeout: 1s}}}`, Want: "retries-off perTryTimeout"},
		{App: domains + `mesh: {resilience: {timeout: 1500us}}`, Want: "duration-bounds 1500us"},
		{App: domains + `mesh: {fault: {}}`, Want: "missing-field fault"},
		{App: `mesh: {rateLimit: {requests: 1, per: 49ms}}`, Want: "duration-bounds 49ms"},
		{App: `mesh: {rateLimit: {requests: 1, per: 50ms}}`},
		{App: `mesh: {resilience: {connectionPool: {maxRequests: 1}}}`, Want: "unknown-host connectionPool"},
		{App: `strategy: service, latest: a, revisions: {a: {weight: 100}}, mesh: {resilience: {connectionPool: {maxRequests: 1}}}`},
		{App: domains + `mesh: {resilience: {timeout: 10s}}`, Top: `target: {config: {istio: {external-gateways: "[]"}}}`, Want: "gateway-required timeout"},
	})
}

func TestTokenRules(t *testing.T) {
	const keys = `jwksUri: "https://id.example.org/keys"`
	jwt := func(entries string) string { return `mesh: {jwt: [` + entries + `]}` }
	checktest.Run(t, []checktest.Case{
		{App: jwt(`{issuer: a, ` + keys + `}, {issuer: b, ` + keys + `}`)},
		{App: jwt(`{issuer: a, ` + keys + `}, {issuer: a, ` + keys + `}`), Want: "duplicate-issuer a"},
		{App: jwt(`{issuer: "https://*", ` + keys + `}`), Want: `invalid-value "https://*"`},
		{App: jwt(`{issuer: a, jwksUri: "http://id.example.org/keys"}`), Want: `~plain-keys "http://id.example.org/keys"`},
		{App: jwt(`{issuer: a, ` + keys + `, require: false, except: [/x]}`), Want: "misplaced-field except"},
		{App: jwt(`{issuer: a, ` + keys + `, except: [/x, /z/*]}`)},
		{App: jwt(`{issuer: a, ` + keys + `, except: [/*]}`), Want: "invalid-path /*"},
		{App: jwt(`{issuer: a, ` + keys + `, except: ["*.css"]}`), Want: `~open-exception "*.css"`},
		{App: jwt(`{issuer: a, ` + keys + `, except: [/x]}, {issuer: b, ` + keys + `}`), Want: "~one-sided-exception /x"},
		{App: jwt(`{issuer: a, ` + keys + `, except: ["/x?y"]}`), Want: `invalid-path "/x?y"`},
		{App: jwt(`{issuer: a, ` + keys + `, except: [/x/../z]}`), Want: "invalid-path /x/../z"},
		{App: jwt(`{issuer: a, ` + keys + `, except: [/größe]}`), Want: "invalid-path /größe"},
		{App: jwt(`{issuer: a, ` + keys + `, except: [/a%2Fb]}`), Want: "invalid-path /a%2Fb"},
		{App: jwt(`{issuer: a, ` + keys + `, except: [/a%2Fb]}`), Top: `target: {mesh: {pathNormalization: decode-and-merge-slashes}}`, Want: "invalid-path /a%2Fb"},
		{App: jwt(`{issuer: a, ` + keys + `, except: ["/a;b"]}`), Top: `target: {mesh: {pathNormalization: decode-and-merge-slashes}}`},
	})
}
