package overlay

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
)

func TestIdentity_Within(t *testing.T) {
	web := identity{servingGroup, "Service", "shop", "web"}
	db := identity{"", "Service", "shop", "db"}
	runner := identity{"", "ServiceAccount", "shop", "runner"}
	for _, c := range []struct {
		text   string
		of     identity
		around string // what stands around the name; "" if it does not stand there
	}{
		{"web.shop.svc", web, "*.shop.svc"},
		{"web.shop.svc.cluster.local", web, "*.shop.svc.cluster.local"},
		{"beta-web.shop.svc.cluster.local", web, "beta-*.shop.svc.cluster.local"},
		{"web-web.shop.svc.cluster.local", web, "web-*.shop.svc.cluster.local"},
		{"web.shop.svc.cluster.local-shadow", web, "*.shop.svc.cluster.local-shadow"},
		{"cobweb.shop.svc", web, ""},
		{"a.b-web.shop.svc", web, ""},
		{"web.shop.svcs.example.com", web, ""},
		{"web.other.svc", web, ""},
		{"web.shop.example.com", web, ""},
		{"web", web, ""},
		{"web-0*", web, "*-0*"},
		{"web-blue-0*", web, ""},
		{"web-0", web, ""},
		{"web-0*", identity{servingGroup, "Service", "other", "web"}, ""},
		{"web-0*", identity{servingGroup, "Configuration", "shop", "web"}, "*-0*"},
		{"db.shop.svc.cluster.local", db, "*.shop.svc.cluster.local"},
		{"shop/web", identity{"networking.istio.io", "Gateway", "shop", "web"}, "shop/*"},
		{"other/web", identity{"networking.istio.io", "Gateway", "shop", "web"}, ""},
		{"web.shop.svc", identity{"networking.istio.io", "Gateway", "shop", "web"}, ""},
		{"cluster.local/ns/shop/sa/runner", runner, "cluster.local/ns/shop/sa/*"},
		{"cluster.local/ns/shop/sa/front-runner", runner, ""},
		{"cluster.local/ns/other/sa/runner", runner, ""},
		{"runner.shop.svc", runner, ""},
	} {
		with, ok := c.of.within(c.text, "shop")
		if c.around == "" {
			assert.False(t, ok, "%+v", c)
			continue
		}
		if assert.True(t, ok, "%+v", c) {
			assert.Equal(t, c.around, with(identity{namespace: c.of.namespace, name: "*"}))
			assert.Equal(t, strings.Replace(c.around, "shop", "team", 1), with(identity{namespace: "team", name: "*"}))
		}
	}
}
