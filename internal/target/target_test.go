package target

import (
	"testing"

	"github.com/stretchr/testify/assert"
)

func at(knative string, config map[string]map[string]string) *Target {
	t := Default()
	t.Knative, t.Config = MustParse(knative), config
	return t
}

func TestParse(t *testing.T) {
	for text, want := range map[string]Version{"1.23": {1, 23}, "v1.23": {1, 23}, "1.23.4": {1, 23}, "0.26": {0, 26}} {
		v, ok := Parse(text)
		assert.True(t, ok, text)
		assert.Equal(t, want, v)
	}
	for _, text := range []string{"", "1", "one.two", "1.x", "."} {
		_, ok := Parse(text)
		assert.False(t, ok, text)
	}
}

func TestVersion_AtLeast(t *testing.T) {
	assert.True(t, Version{1, 0}.AtLeast(Version{0, 26}))
	assert.True(t, Version{1, 9}.AtLeast(Version{1, 9}))
	assert.False(t, Version{1, 9}.AtLeast(Version{1, 10}))
}

// TestTarget_Flag follows flags over the releases; the expectations are what
// the releases' features.go has.
func TestTarget_Flag(t *testing.T) {
	on := func(flag, value string) map[string]map[string]string {
		return map[string]map[string]string{"features": {flag: value}}
	}
	for name, c := range map[string]struct {
		knative string
		config  map[string]map[string]string
		flag    string
		state   FlagState
		permits bool
	}{
		"emptyDir came on in 1.8":          {"1.12", nil, "kubernetes.podspec-volumes-emptydir", Enabled, true},
		"and was off before":               {"1.0", nil, "kubernetes.podspec-volumes-emptydir", Disabled, false},
		"a flag of a later release is off": {"1.0", on("kubernetes.podspec-volumes-csi", "enabled"), "kubernetes.podspec-volumes-csi", Disabled, false},
		"the cluster's own word":           {"1.23", on("kubernetes.podspec-affinity", "Enabled"), "kubernetes.podspec-affinity", Enabled, true},
		"allowed is enough for most":       {"1.23", on("kubernetes.podspec-affinity", "allowed"), "kubernetes.podspec-affinity", Allowed, true},
		"and not for init containers":      {"1.23", on("kubernetes.podspec-init-containers", "allowed"), "kubernetes.podspec-init-containers", Allowed, false},
		"nor for capabilities, since 1.12": {"1.12", on("kubernetes.containerspec-addcapabilities", "allowed"), "kubernetes.containerspec-addcapabilities", Allowed, false},
		"but was before":                   {"1.0", on("kubernetes.containerspec-addcapabilities", "allowed"), "kubernetes.containerspec-addcapabilities", Allowed, true},
		"a word that Knative ignores":      {"1.23", on("multi-container", "yes"), "multi-container", Enabled, true},
		"root bounded is one flag's alone": {"1.23", on("multi-container", "AllowRootBounded"), "multi-container", Enabled, true},
		"a flag of 1.24":                   {"1.24", on("domainmapping-direct-route-traffic", "enabled"), "domainmapping-direct-route-traffic", Enabled, true},
		"which is off by default":          {"1.24", nil, "domainmapping-direct-route-traffic", Disabled, false},
		"and not there before":             {"1.23", on("domainmapping-direct-route-traffic", "enabled"), "domainmapping-direct-route-traffic", Disabled, false},
		"there is no such flag":            {"1.23", nil, "kubernetes.nothing", Disabled, false},
	} {
		t.Run(name, func(t *testing.T) {
			target := at(c.knative, c.config)
			assert.Equal(t, c.state, target.Flag(c.flag))
			assert.Equal(t, c.permits, target.Permits(c.flag))
		})
	}
}

func TestTarget_Setting(t *testing.T) {
	assert.Equal(t, "211", at("1.23", nil).Setting("autoscaler", "target-burst-capacity"))
	assert.Equal(t, "200", at("1.0", nil).Setting("autoscaler", "target-burst-capacity"))
	assert.Equal(t, "5", at("1.0", map[string]map[string]string{"autoscaler": {"target-burst-capacity": "5"}}).Setting("autoscaler", "target-burst-capacity"))
	assert.Empty(t, at("1.23", nil).Setting("defaults", "revision-cpu-request"), "documented with an example, and unset")
	assert.Equal(t, int64(600), at("1.23", nil).SettingInt("defaults", "max-revision-timeout-seconds"))

	old := at("0.26", map[string]map[string]string{"network": {"tagTemplate": "{{.Name}}-{{.Tag}}", "ingress.class": "x"}})
	assert.Equal(t, "{{.Name}}-{{.Tag}}", old.Setting("network", "tag-template"), "the spelling of 0.26")
	assert.Equal(t, "x", old.Setting("network", "ingress-class"))
	assert.NotContains(t, old.Settings("network"), "tag-template")
	assert.NotContains(t, at("1.0", nil).Settings("network"), "tagTemplate")
}

func TestTarget_Spelling(t *testing.T) {
	assert.Equal(t, "autoscaling.knative.dev/minScale", at("1.0", nil).AutoscalingKey("min-scale"))
	assert.Equal(t, "autoscaling.knative.dev/min-scale", at("1.12", nil).AutoscalingKey("min-scale"))
	assert.Equal(t, "autoscaling.knative.dev/target", at("0.26", nil).AutoscalingKey("target"))
	assert.Equal(t, "serving.knative.dev/rolloutDuration", at("0.26", nil).RolloutKey())
}

func TestTarget_IstioAPI(t *testing.T) {
	target := Default()
	for istio, want := range map[string][]string{
		"1.12": {"security.istio.io/v1beta1", "telemetry.istio.io/v1alpha1"},
		"1.21": {"security.istio.io/v1beta1", "telemetry.istio.io/v1alpha1"},
		"1.22": {"security.istio.io/v1", "telemetry.istio.io/v1"},
	} {
		target.Istio = MustParse(istio)
		assert.Equal(t, want, []string{target.IstioAPI("security.istio.io"), target.IstioAPI("telemetry.istio.io")}, istio)
	}
}

func TestTarget_HasField(t *testing.T) {
	assert.True(t, at("1.15", nil).HasField("containers.startupProbe.httpGet"))
	assert.False(t, at("1.12", nil).HasField("containers.startupProbe.httpGet"))
	assert.False(t, at("1.0", nil).HasField("initContainers.securityContext.seccompProfile"))
	assert.True(t, at("0.26", nil).HasField("containers.image"))
}

func TestTarget_ReservedPaths(t *testing.T) {
	assert.Contains(t, at("1.12", nil).ReservedPaths(), "/tmp")
	assert.NotContains(t, at("1.15", nil).ReservedPaths(), "/tmp")
}

func TestTarget_DomainName(t *testing.T) {
	target := at("1.23", nil)
	target.Domain = "example.com"
	for _, c := range []struct {
		tag     string
		private bool
		config  map[string]string
		want    string
	}{
		{"", false, nil, "web.shop.example.com"},
		{"next", false, nil, "next-web.shop.example.com"},
		{"", true, nil, "web.shop.svc.cluster.local"},
		{"", false, map[string]string{"domain-template": "{{.Name}}-{{.Namespace}}.{{.Domain}}"}, "web-shop.example.com"},
		{"next", false, map[string]string{"tag-template": "{{.Name}}-{{.Tag}}"}, "web-next.shop.example.com"},
		{"", false, map[string]string{"domain-template": `{{.Name}}.{{index .Labels "team"}}.{{.Domain}}`}, "web.a.example.com"},
	} {
		target.Config = map[string]map[string]string{"network": c.config}
		host, err := target.Hostname("web", c.tag)
		assert.NoError(t, err)
		name, err := target.DomainName(host, "shop", c.private, map[string]string{"team": "a"}, nil)
		assert.NoError(t, err)
		assert.Equal(t, c.want, name)
	}
}

func TestTarget_RouteDomain(t *testing.T) {
	assert.Equal(t, "example.com", at("1.0", nil).RouteDomain())
	assert.Equal(t, "svc.cluster.local", at("1.12", nil).RouteDomain())
}

func TestAnnotation(t *testing.T) {
	for key, want := range map[string]Place{
		"example.com/owner":                                      Everywhere,
		"argocd.argoproj.io/sync-wave":                           OnObjects,
		"prometheus.io/scrape":                                   OnPods,
		"serving.knative.dev/progress-deadline":                  OnPods,
		"serving.knative.dev/creator":                            Nowhere,
		"autoscaling.knative.dev/anything":                       Nowhere,
		"queue.sidecar.serving.knative.dev/cpu-resource-request": OnPods,
		"networking.knative.dev/http-protocol":                   OnObjects,
		"networking.knative.dev/anything":                        Nowhere,
	} {
		assert.Equal(t, want, Annotation(key).Place, key)
	}
	assert.Equal(t, Nowhere, Label("networking.knative.dev/visibility").Place)
	assert.Equal(t, OnPods, Label("istio.io/dataplane-mode").Place)
}

// TestBeforeLocks_AreKnown looks for the releases that bundles without locked
// releases were compiled for: a belay that does not know them compiles others.
func TestBeforeLocks_AreKnown(t *testing.T) {
	for text, releases := range map[string][]Version{BeforeLocks.Knative: Knatives, BeforeLocks.Istio: Istios} {
		v, ok := Parse(text)
		assert.True(t, ok, text)
		assert.Contains(t, releases, v)
	}
}
