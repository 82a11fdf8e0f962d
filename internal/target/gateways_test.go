package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/target"
)

const lists = `
- {name: public, namespace: edge, service: istio-public.edge.svc.cluster.local, labelSelector: {matchLabels: {exposure: public}}}
- {name: rest, namespace: istio-system, service: istio-rest.istio-system.svc.cluster.local.}
`

func names(gateways []target.Gateway) (out []string) {
	for _, g := range gateways {
		out = append(out, g.QualifiedName()+" "+g.ServiceHost())
	}
	return out
}

// TestGateways compares the gateways of a route with those that net-istio binds
// it to.
func TestGateways(t *testing.T) {
	const released = "knative-serving/knative-ingress-gateway istio-ingressgateway.istio-system.svc.cluster.local"
	public := map[string]string{"exposure": "public"}
	for name, c := range map[string]struct {
		knative target.Version
		config  map[string]string
		labels  map[string]string
		want    []string
	}{
		"no settings":               {want: []string{released}},
		"a list, selected":          {config: map[string]string{"external-gateways": lists}, labels: public, want: []string{"edge/public istio-public.edge.svc.cluster.local"}},
		"a list, not selected":      {config: map[string]string{"external-gateways": lists}, want: []string{"istio-system/rest istio-rest.istio-system.svc.cluster.local"}},
		"a list of local ones only": {config: map[string]string{"local-gateways": lists}, want: []string{released}},
		"an empty text":             {config: map[string]string{"external-gateways": ""}, want: []string{released}},
		"an empty list":             {config: map[string]string{"external-gateways": "[]"}},
		"an empty list before 1.22": {knative: target.Version{Major: 1, Minor: 21}, config: map[string]string{"external-gateways": "[]"}, want: []string{released}},
		"keys, sorted": {config: map[string]string{
			"gateway.b.web": "web.b.svc.cluster.local", "gateway.a.b.c": "c.a.svc.cluster.local", "local-gateway.x.y": "y.x.svc.cluster.local",
		}, want: []string{"a/b.c c.a.svc.cluster.local", "b/web web.b.svc.cluster.local"}},
		"a key without a namespace": {config: map[string]string{"gateway.own": "own.edge.svc.cluster.local"}, want: []string{"knative-serving/own own.edge.svc.cluster.local"}},
		"a key for the sidecars":    {config: map[string]string{"gateway.mesh": "mesh"}, want: []string{released}},
		"a list at 1.12":            {knative: target.Version{Major: 1, Minor: 12}, config: map[string]string{"external-gateways": lists}, want: []string{released}},
	} {
		t.Run(name, func(t *testing.T) {
			at := target.Default()
			if (c.knative != target.Version{}) {
				at.Knative = c.knative
			}
			at.Config = map[string]map[string]string{"istio": c.config}
			assert.Equal(t, c.want, names(at.ExternalGateways(c.labels)))
		})
	}
}

func TestGatewayNamespaces_AreThoseOfAllGateways(t *testing.T) {
	at := target.Default()
	assert.Equal(t, []string{"istio-system"}, at.GatewayNamespaces())
	at.Config = map[string]map[string]string{"istio": {"local-gateways": lists}}
	assert.Equal(t, []string{"edge", "istio-system"}, at.GatewayNamespaces())
}
