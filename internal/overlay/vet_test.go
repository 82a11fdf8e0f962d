package overlay

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestVet(t *testing.T) {
	for name, c := range map[string]struct {
		stream string
		want   []string
	}{
		"weights": {edited(t, service, "percent: 100", "percent: 90"), []string{
			"error[rejected-by-admission] Service/web spec.traffic: Knative rejects this Service: Traffic targets sum to 90, want 100: spec.traffic"}},
		"an unknown field": {edited(t, service, "  traffic:", "  trafic: []\n  traffic:"), []string{
			`error[rejected-by-admission] Service/web : Knative rejects this Service: its type has no field "trafic", which the API server would drop`}},
		"a field that needs a flag": {edited(t, service, "      containers:", "      nodeSelector: {a: b}\n      containers:"), []string{
			"error[feature-disabled] Service/web spec.template.spec.nodeSelector: nodeSelector needs Knative's flag kubernetes.podspec-nodeselector, which is disabled at the target"}},
		"a selector, of commonLabels": {edited(t, service, "spec:\n  template", "spec:\n  selector: {a: b}\n  template"), []string{
			"error[foreign-field] Service/web spec.selector: a Knative Service has no selector"}},
		"an object of another's": {edited(t, service, "app.kubernetes.io/managed-by: belay, ", "", "belay.sh/spec", "example.com/a", "@"+digest, ":v1", "belay.sh/app", "app"), nil},
		"no digest": {edited(t, service, "@"+digest, ":v1"), []string{
			"error[lost-digest] Service/web spec.template.spec.containers[0].image: the image registry.example.com/web:v1 has lost its digest"}},
		"no label of the pods": {edited(t, service, ", belay.sh/app: web", ""), []string{
			"error[lost-label] Service/web spec.template.metadata.labels: the template has lost the label belay.sh/app"}},
		"notes of hosts are not for the cluster": {edited(t, service, "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, config.kubernetes.io/index: '0', internal.config.kubernetes.io/path: a.yaml, config.k8s.io/id: '1'"), nil},
		"a list of belay's own kinds": {service + "---\n{apiVersion: belay.sh/v1alpha1, kind: App, metadata: {name: web}}\n", []string{
			"error[uncompiled-object] App/web kind: this App has not been run: a cluster does not know the kind"}},
	} {
		t.Run(name, func(t *testing.T) { assert.ElementsMatch(t, c.want, vetted(t, c.stream)) })
	}
}

// TestVet_References has objects whose names are in others. While kustomize builds,
// references are not judged: it updates them last.
func TestVet_References(t *testing.T) {
	const route = `---
apiVersion: serving.knative.dev/v1
kind: Route
metadata:
  name: api
  namespace: shop
  labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: api}
  annotations: {belay.sh/spec: v1alpha1}
spec: {traffic: [{configurationName: api-a, latestRevision: true, percent: 100}]}
`
	const configuration = `---
apiVersion: serving.knative.dev/v1
kind: Configuration
metadata: {name: api-a, namespace: shop, annotations: {}}
spec: {template: {spec: {containers: [{image: a}]}}}
`
	const mapping = `---
apiVersion: serving.knative.dev/v1beta1
kind: DomainMapping
metadata:
  name: shop.example.com
  namespace: shop
  labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}
  annotations: {belay.sh/spec: v1alpha1}
spec: {ref: {kind: Service, name: web, namespace: shop, apiVersion: serving.knative.dev/v1}}
`
	lost := []string{"error[lost-reference] Route/api spec.traffic.configurationName: there is no api-a"}
	for name, c := range map[string]struct {
		stream string
		want   []string
	}{
		"complete":                      {service + route + configuration + mapping, nil},
		"no Configuration":              {service + route, lost},
		"one of another namespace":      {service + route + edited(t, configuration, "shop", "team"), lost},
		"a Configuration by its prefix": {service + route + edited(t, configuration, "api-a", "o-api-a"), lost},
		"no Service of the domain": {edited(t, mapping, "name: web,", "name: gone,"), []string{
			"error[lost-reference] DomainMapping/shop.example.com spec.ref.name: there is no gone"}},
		"while kustomize renames": {service + route + edited(t, configuration, "api-a", "o-api-a", "{}", "{internal.config.kubernetes.io/previousNames: api-a}"), nil},
		"a domain with a prefix": {service + edited(t, mapping, "name: shop.example.com", "name: o-shop.example.com", "belay.sh/spec: v1alpha1", "belay.sh/spec: v1alpha1, internal.config.kubernetes.io/previousNames: shop.example.com"), []string{
			"error[lost-name] DomainMapping/o-shop.example.com metadata.name: the name of a DomainMapping is a host, and was shop.example.com"}},
	} {
		t.Run(name, func(t *testing.T) { assert.ElementsMatch(t, c.want, vetted(t, c.stream)) })
	}
}

// TestVet_Istio holds the objects of an app to Istio's rules and to those of an app,
// and the objects of others to their form alone.
func TestVet_Istio(t *testing.T) {
	const metadata = "\nmetadata: {name: web, namespace: shop, labels: {app.kubernetes.io/managed-by: belay, app.kubernetes.io/name: web}, annotations: {belay.sh/spec: v1alpha1}}\n"
	const foreign = "\nmetadata: {name: web, namespace: shop}\n"
	const kind = "apiVersion: networking.istio.io/v1\nkind: DestinationRule"
	for name, c := range map[string]struct {
		stream string
		want   []string
	}{
		"of the app":             {kind + metadata + "spec: {host: web.shop.svc.cluster.local}\n", nil},
		"of the app, rejected":   {kind + metadata + "spec: {}\n", []string{"error[rejected-by-admission] DestinationRule/web spec.host: Istio rejects this DestinationRule: it has no host"}},
		"of another's":           {kind + foreign + "spec: {}\n", nil},
		"of another's, misspelt": {kind + foreign + "spec: {hosts: a}\n", []string{`error[rejected-by-admission] DestinationRule/web : this DestinationRule is invalid: its spec is not one that Istio reads: unknown field "hosts" in istio.networking.v1alpha3.DestinationRule`}},
		"of the platform": {`apiVersion: networking.istio.io/v1
kind: Gateway
metadata: {name: knative-ingress-gateway, namespace: knative-serving, labels: {app.kubernetes.io/managed-by: belay}, annotations: {belay.sh/spec: v1alpha1, belay.sh/manifest: net-istio.yaml}}
spec: {selector: {istio: ingressgateway}, servers: [{hosts: ["*"], port: {name: http, number: 80, protocol: HTTP}}]}
`, nil},
		"a policy for a namespace": {"apiVersion: security.istio.io/v1\nkind: PeerAuthentication" + foreign + "spec: {mtls: {mode: STRICT}}\n", nil},
	} {
		t.Run(name, func(t *testing.T) { assert.ElementsMatch(t, c.want, vetted(t, c.stream)) })
	}
}
