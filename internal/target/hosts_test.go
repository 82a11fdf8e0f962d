package target_test

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/target"
)

func TestHostNamespace_FollowsTheTemplate(t *testing.T) {
	for _, c := range []struct{ template, host, own, want string }{
		{"", "web.team-b.apps.example.com", "team-a", "team-b"},
		{"", "next-web.team-b.apps.example.com", "team-a", "team-b"},
		{"", "web.team-a.apps.example.com", "team-a", "team-a"},
		{"", "a.web.team-b.apps.example.com", "team-a", ""},
		{"", "web.example.org", "team-a", ""},
		{"", "webxteam-bxappsxexample.com", "team-a", ""},
		{"{{.Name}}-{{.Namespace}}.{{.Domain}}", "pay-team-b.apps.example.com", "a", "b"},
		{"{{.Name}}-{{.Namespace}}.{{.Domain}}", "pay-team-b.apps.example.com", "team-b", "team-b"},
		{"{{.Name}}.{{.Domain}}", "web.apps.example.com", "team-a", ""},
		{"{{.Name}}.{{.Namespace}}.{{.Namespace}}.{{.Domain}}", "web.b.b.apps.example.com", "team-a", ""},
		{"{{.Nonsense", "web.team-b.apps.example.com", "team-a", ""},
	} {
		at := target.Default()
		at.Domain = "apps.example.com"
		if c.template != "" {
			at.Config = map[string]map[string]string{"network": {"domain-template": c.template}}
		}
		assert.Equal(t, c.want, at.HostNamespace(c.host, c.own), "%s of %s", c.host, c.template)
	}
	private := target.Default()
	assert.Empty(t, private.HostNamespace("web.b.svc.cluster.local", "a"))
}
