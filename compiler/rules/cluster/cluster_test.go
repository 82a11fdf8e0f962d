package cluster_test

import (
	"strings"
	"testing"

	"github.com/belay-sh/belay/compiler/check/checktest"
)

func TestTarget(t *testing.T) {
	config := func(settings string) string { return `target: {config: {` + settings + `}}, apps: {}` }
	checktest.Run(t, []checktest.Case{
		{Top: config(`autoscaler: {max-scale: "10"}`)},
		{Top: config(`autoscaler: {max-scales: "10"}`), Want: "unknown-setting max-scales"},
		{Top: config(`features: {multi-container: enabled}`)},
		{Top: config(`features: {multi-container: Enabled}`)},
		{Top: config(`features: {multi-container: "on"}`), Want: `unknown-value "on"`},
		{Top: config(`features: {secure-pod-defaults: AllowRootBounded}`)},
		{Top: config(`features: {secure-pod-defaults: allowed}`), Want: "unknown-value allowed"},
		{Top: config(`features: {multi-container: disabled, multi-container-probing: enabled}`), Want: "~setting-required enabled"},
		{Top: config(`deployment: {queue-sidecar-cpu-request: 25m}`)},
		{Top: config(`network: {domain-template: "{{.Name}}.{{.Domain}}"}`)},
		{Top: config(`network: {domain-template: "{{.Nam}}.{{.Domain}}"}`), Want: `invalid-setting "{{.Nam}}.{{.Domain}}"`},
		{Top: config(`network: {domain-template: "{{.Name}.{{.Domain}}"}`), Want: `invalid-setting "{{.Name}.{{.Domain}}"`},
		{Top: config(`network: {domain-template: "{{.Name}}-{{index .Labels \"team\"}}.{{.Domain}}"}`)},
		{Top: config(`network: {tag-template: "{{.Tag}}-{{.Namespace}}"}`), Want: `invalid-setting "{{.Tag}}-{{.Namespace}}"`},
		{Top: `target: {mesh: {cluster: separate}}, apps: {}`},
		{Top: `target: {mesh: {cluster: separate, dataplaneAPI: false}}, apps: {}`, Want: "mesh-without-api false"},
	})
}

func TestTarget_Gateways(t *testing.T) {
	istio := func(release, settings string) string {
		return `target: {knative: "` + release + `", config: {istio: {` + settings + `}}}, apps: {}`
	}
	checktest.Run(t, []checktest.Case{
		{Top: istio("1.23", `gateway.knative-serving.knative-ingress-gateway: gw.istio-system.svc.cluster.local`)},
		{Top: istio("1.23", `gateway.knative-serving.gw: gateway`), Want: "invalid-setting gateway"},
		{Top: istio("1.23", `gateways: gw`), Want: "unknown-setting gateways"},
		{Top: istio("1.12", `external-gateways: ""`), Want: "unknown-setting external-gateways"},
		{Top: istio("1.23", `external-gateways: "[{"`), Want: "invalid-setting external-gateways"},
		{Top: istio("1.23", `external-gateways: "[{name: gw, namespace: knative-serving, service: gw.istio-system.svc.cluster.local}]", gateway.knative-serving.gw: gw.istio-system.svc.cluster.local`), Want: "mixed-gateways gateway.knative-serving.gw"},
	})
}

func TestPlatform(t *testing.T) {
	const domain = `target: {knative: "1.23", domain: example.com}, apps: {}, `
	sum := strings.Repeat("a", 64)
	checktest.Run(t, []checktest.Case{
		{Top: domain + `platform: {manifests: {directory: m}}`},
		{Top: `apps: {}, platform: {manifests: {directory: m}}`, Want: "~private-routes platform"},
		{Top: domain + `platform: {version: 1.22.0, manifests: {directory: m}}`, Want: "platform-mismatch 1.22.0"},
		{Top: domain + `platform: {version: 1.23.99, manifests: {directory: m}}`, Want: "unknown-release 1.23.99"},
		{Top: domain + `platform: {manifests: {directory: m, sha256: {serving.yaml: ` + sum + `}}}`, Want: "unknown-value serving.yaml"},
		{Top: domain + `platform: {manifests: {directory: m, sha256: {serving-core.yaml: ` + sum + `}}}`, Want: "manifest-mismatch " + sum},
		{Top: domain + `platform: {urls: ["https://example.com/serving.yaml"]}`, Want: "~unpinned-manifest urls"},
		{Top: domain + `platform: {urls: ["https://example.com/serving.yaml"], replicas: 2}`, Want: "~unpinned-manifest urls; misplaced-field replicas"},
		{Top: domain + `platform: {mtls: strict, manifests: {directory: m}}`, Want: "strict-without-injected-serving strict"},
		{Top: domain + `platform: {sslip: 203.0.113.7, manifests: {directory: m}}`, Want: "platform-mismatch sslip"},
		{Top: `apps: {}, platform: {sslip: 203.0.113.7, manifests: {directory: m}}`},
		{Top: `apps: {}, platform: {sslip: 203.0.113, manifests: {directory: m}}`, Want: "invalid-value 203.0.113"},
	})
}

func TestNamespaces(t *testing.T) {
	checktest.Run(t, []checktest.Case{
		{Top: `namespaces: {web: {inject: true}}`},
		{Top: `namespaces: {web: {inject: true, revision: 1-31}}`, Want: "injection-conflict revision"},
		{Top: `namespaces: {web: {labels: {istio.io/dataplane-mode: ambient}}}`},
		{Top: `namespaces: {web: {inject: true, labels: {istio.io/dataplane-mode: ambient}}}`, Want: "injection-conflict ambient"},
		{Top: `namespaces: {web: {inject: false, labels: {istio.io/dataplane-mode: ambient}}}`},
		{Top: `namespaces: {web: {labels: {istio-injection: enabled}}}`, Want: "reserved-metadata istio-injection"},
		{Top: `namespaces: {knative-serving: {inject: true}}`, Want: "platform-mismatch inject"},
		{Top: `namespaces: {knative-serving: {inject: true}}, target: {mesh: {injectedServing: true}}`},
	})
}

func TestArgoCD(t *testing.T) {
	const argocd = `name: web, repoURL: "https://example.com/repo.git", path: deploy`
	checktest.Run(t, []checktest.Case{
		{Top: `apps: {}, argocd: {` + argocd + `}`},
		{Top: `apps: {}, argocd: {` + argocd + `, mesh: {name: mesh}}`, Want: "misplaced-field mesh"},
		{Top: `apps: {}, target: {mesh: {cluster: separate}}, argocd: {` + argocd + `}`, Want: "missing-field argocd"},
		{Top: `apps: {}, target: {mesh: {cluster: separate}}, argocd: {` + argocd + `, mesh: {name: mesh}}`},
	})
}
