package traffic_test

import (
	"strings"
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestWeightRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `revisions: {a: {weight: 60}, b: {weight: 40}}`},
		{App: `revisions: {a: {weight: 60}, b: {weight: 50}}`, Want: "weights-sum 50"},
		{App: `revisions: {b: {weight: 60}, a: {weight: 30}}`, Want: "weights-sum 30"},
		{App: `revisions: {a: {weight: 100}, b: {}}`},
		{App: `revisions: {a: {weight: 60, tag: x}, b: {weight: 40, tag: z}}`},
		{App: `revisions: {a: {weight: 60, tag: x}, b: {weight: 40, tag: x}}`, Want: "duplicate-tag x"},
	})
}

func TestStrategyRules(t *testing.T) {
	const revisions = `revisions: {v1: {weight: 100}, v2: {}}, `
	checktest.Run(t, []checktest.Case{
		{App: revisions + `strategy: service, latest: v2`},
		{App: revisions + `strategy: service`, Want: "latest-required web"},
		{App: revisions + `strategy: service, latest: v3`, Want: "unknown-revision v3"},
		{App: revisions + `latest: v2`, Want: "strategy-unused latest"},
		{App: `strategy: service`, Want: "strategy-unused service"},
		{App: `strategy: service, latest: old, revisions: {v1: {weight: 100}, old: {existing: web-old}}`, Want: "unknown-revision old"},
		{App: `revisions: {v1: {weight: 100}, old: {existing: web-old, weight: 0}}`},
		{App: `revisions: {v1: {weight: 100}, old: {existing: web-old, port: 80}}`, Want: "existing-template port"},
		{App: `revisions: {v1: {weight: 100}, old: {existing: api-old}}`, Want: "foreign-revision api-old"},
		{App: `revisions: {v1: {weight: 100}, old: {existing: web-00001}}`, Want: "~auto-numbered-revision web-00001"},
	})
}

func TestMatchRules(t *testing.T) {
	match := func(entries string) string {
		return `domains: [web.example.org], revisions: {a: {weight: 100}, b: {match: [` + entries + `]}}`
	}
	checktest.Run(t, []checktest.Case{
		{App: match(`{path: /beta}`)},
		{App: match(`{}`), Want: "invalid-match {"},
		{App: match(`{headers: {x-a: b, x-c: d}}`)},
		{App: match(`{headers: {x-a: b, X-A: d}}`), Want: "invalid-match X-A"},
		{App: match(`{headers: {method: GET}}`), Want: "invalid-match method"},
		{App: match(`{headers: {cookie: a}, cookies: {b: c}}`), Want: "invalid-match cookie"},
		{App: match(`{headers: {cookie: a}}`)},
		{App: match(`{cookies: {a: b, c: d, e: f}}`)},
		{App: match(`{cookies: {a: b, c: d, e: f, g: h}}`), Want: "invalid-match cookies"},
		{App: match(`{path: {regex: "/a.*"}}`)},
		{App: match(`{path: {regex: "/a(*"}}`), Want: `invalid-match "/a(*"`},
		{App: match(`{path: {regex: /` + strings.Repeat("a", 1024) + `}}`), Want: "invalid-match /" + strings.Repeat("a", 1024)},
		{App: match(`{path: /beta/x}, {path: /beta}`)},
		{App: match(`{path: /beta}, {path: /beta/x}`), Want: "unreachable-match {"},
		{App: match(`{headers: {A: b}}, {headers: {a: b}}`), Want: "unreachable-match {"},
	})
}

func TestMatchRules_Routing(t *testing.T) {
	const byHeader = `target: {config: {features: {tag-header-based-routing: enabled}}}`
	checktest.Run(t, []checktest.Case{
		{App: `revisions: {a: {weight: 100}, b: {match: [{path: /b}]}}`, Want: "domain-required match"},
		{App: `revisions: {a: {weight: 100}, b: {match: [{path: /b}]}}`, Top: byHeader, Want: "domain-required {"},
		{App: `revisions: {a: {weight: 100}, b: {match: [{headers: {Knative-Serving-Tag: b}}]}}`, Top: byHeader},
		{App: `revisions: {a: {weight: 100}, b: {mirror: 10}}`, Want: "domain-required mirror"},
		{App: `domains: [web.example.org], revisions: {a: {weight: 100}, b: {mirror: 10}}`},
		{App: `domains: [web.example.org], revisions: {a: {weight: 100}, b: {mirror: 10}, c: {mirror: 10}}`, Want: "several-mirrors mirror"},
		{App: `domains: [web.example.org], revisions: {a: {weight: 100}, "1b": {match: [{path: /b}]}}`, Want: `invalid-name "1b"`},
		{App: `domains: [web.example.org], revisions: {a: {weight: 100}, "1b": {tag: b, match: [{path: /b}]}}`},
	})
}

func TestHostRules(t *testing.T) {
	long := strings.Repeat("a", 50)
	checktest.Run(t, []checktest.Case{
		{App: `name: ` + long},
		{App: `name: ` + long + `, revisions: {a: {weight: 100, tag: ` + strings.Repeat("b", 12) + `}}`},
		{App: `name: ` + long + `, revisions: {a: {weight: 100, tag: ` + strings.Repeat("b", 13) + `}}`, Want: "name-too-long " + strings.Repeat("b", 13)},
		{App: `name: web`, Top: `target: {config: {network: {domain-template: "{{.Name}}..{{.Domain}}"}}}`, Want: "name-too-long web"},
	})
}

func TestNameRules(t *testing.T) {
	long := strings.Repeat("a", 55)
	checktest.Run(t, []checktest.Case{
		{App: `name: ` + long + `, revisions: {a: {weight: 100}}`},
		{App: `name: ` + long + `, revisions: {ab: {weight: 100}}`, Want: "name-too-long ab"},
		{App: `name: ` + long + `, strategy: service, latest: a, revisions: {a: {weight: 100}}`, Want: "name-too-long a"},
		{App: `name: ` + long[:52] + `, strategy: service, latest: a, revisions: {a: {weight: 100}}`},
	})
}

func TestDomainRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `domains: [web.example.org, www.example.org]`},
		{App: `domains: [web.example.org, web.example.org]`, Want: "duplicate-domain web.example.org"},
		{App: `domains: [web.default.svc.cluster.local]`, Want: "cluster-domain web.default.svc.cluster.local"},
		{App: `domains: {web.default.svc.cluster.local: {}}`, Want: "cluster-domain web.default.svc.cluster.local"},
		{App: `domains: [web.example.org], visibility: cluster-local`, Want: "~domain-makes-public web.example.org"},
		{App: `domains: [api.other.example.com]`, Top: `target: {domain: example.com}`, Want: "foreign-host api.other.example.com"},
		{App: `domains: [api.default.example.com]`, Top: `target: {domain: example.com}`},
		{App: `domains: [api.other.example.org]`, Top: `target: {domain: example.com}`},
	})
}

func TestRolloutRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `rollout: {duration: 10m}`},
		{App: `rollout: {duration: 1500ms}`, Want: "duration-bounds 1500ms"},
		{App: `rollout: {duration: 10m}, strategy: service, latest: a, revisions: {a: {weight: 100}}`, Want: "~rollout-unused 10m"},
	})
}

func TestMetadataRules(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{App: `labels: {team: shop}, annotations: {note: x}`},
		{App: `labels: {serving.knative.dev/service: other}`, Want: "reserved-metadata serving.knative.dev/service"},
		{App: `annotations: {serving.knative.dev/creator: me}`, Want: "reserved-metadata serving.knative.dev/creator"},
		{App: `annotations: {serving.knative.dev/progress-deadline: 10m}`},
		{App: `annotations: {serving.knative.dev/progress-deadline: 500ms}`, Want: "invalid-annotation 500ms"},
		{App: `annotations: {serving.knative.dev/progress-deadline: 10m}`, Top: `target: {knative: "1.0"}`, Want: "unsupported-field serving.knative.dev/progress-deadline"},
	})
}

func TestRedirectRules(t *testing.T) {
	const domain, protocol = `target: {domain: example.com`, `annotations: {networking.knative.dev/http-protocol: `
	checktest.Run(t, []checktest.Case{
		{Top: domain + `}`, App: protocol + `redirected}`, Want: "~setting-required redirected"},
		{Top: domain + `}`, App: protocol + `enabled}`},
		{Top: domain + `}`, App: protocol + `redirected}, visibility: cluster-local`},
		{Top: domain + `, config: {network: {external-domain-tls: Enabled}}}`, App: protocol + `redirected}`},
		{Top: domain + `, config: {network: {external-domain-tls: Enabled, http-protocol: Redirected}}}`, App: `annotations: {networking.knative.dev/disable-external-domain-tls: "true"}`, Want: `~setting-required "true"`},
		{Top: domain + `, config: {network: {http-protocol: Redirected}}}`, App: `port: 8080`, Want: "~setting-required Redirected"},
		{Top: domain + `, config: {network: {http-protocol: Redirected}}}`, App: `visibility: cluster-local`},
		{App: `annotations: {features.knative.dev/queueproxy-podinfo: enabled}`, Want: "~setting-required enabled"},
		{App: `annotations: {features.knative.dev/queueproxy-podinfo: enabled}`, Top: `target: {config: {features: {queueproxy.mount-podinfo: allowed}}}`},
	})
}
