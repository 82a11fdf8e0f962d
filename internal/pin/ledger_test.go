package pin

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

func TestLock_With(t *testing.T) {
	l := NewLock()
	l.Images = map[string]Entry{"kept:v1": {Digest: sumA}, "moved:v1": {Digest: sumA}, "unused:v1": {Digest: sumA}}
	l.Targets["gone"] = target.Releases{Knative: "1.20"}
	l.Apps["-/-/gone"] = App{Kind: "Route"}
	needs := Needs{
		Images:  []string{"kept:v1", "moved:v1", "new:v1"},
		Targets: map[string]target.Releases{"prod": {Istio: "1.31"}},
		Apps:    []ir.AppRecord{{Namespace: "default", Open: true, App: "web", Kind: "Service"}},
	}
	now := l.With(map[string]Entry{"moved:v1": {Digest: sumB}, "new:v1": {Digest: sumB}}, needs)
	now.Record(needs.Apps, nil)
	assert.Equal(t, sumA, l.Images["moved:v1"].Digest, "the old lock is as it was")
	assert.Contains(t, now.Images, "unused:v1")
	assert.Equal(t, 2, now.Unused(needs))

	now.DropUnused(needs)
	assert.Equal(t, map[string]Entry{"kept:v1": {Digest: sumA}, "moved:v1": {Digest: sumB}, "new:v1": {Digest: sumB}}, now.Images)
	assert.Equal(t, needs.Targets, now.Targets)
	assert.Equal(t, []string{"-/-/gone", "-/-/web"}, ir.Sorted(now.Apps), "an app may come back")
	now.DropUnusedApps(needs)
	assert.Equal(t, []string{"-/-/web"}, ir.Sorted(now.Apps))
}

func TestAppKey(t *testing.T) {
	assert.Equal(t, "prod/shop/web", AppKey("prod", "shop", false, "web"))
	assert.Equal(t, "-/-/web", AppKey("", "default", true, "web"))
	assert.Equal(t, "-/default/web", AppKey("", "default", false, "web"))
}

// TestLock_App has what a lock knows of an app when it was written for a target
// without a name, or by version 1.
func TestLock_App(t *testing.T) {
	l := NewLock()
	l.Apps["-/shop/web"] = App{Kind: "Route"}
	l.Apps["staging/shop/web"] = App{Kind: "Service"}
	l.Former = map[string]map[string]string{"shop/old": {"old-a-1": sumA}}
	for name, c := range map[string]struct {
		target, app string
		want        string
	}{
		"its own":                          {"staging", "web", "Service"},
		"a target that is new":             {"prod", "web", "Route"},
		"an app that a target has not":     {"staging", "api", ""},
		"version 1":                        {"", "old", "Service"},
		"version 1, with a target's name":  {"prod", "old", "Service"},
		"an app that nothing has":          {"", "none", ""},
		"an app of the target without one": {"", "web", "Route"},
	} {
		app, ok := l.App(c.target, "shop", false, c.app)
		assert.Equal(t, c.want, app.Kind, name)
		assert.Equal(t, c.want != "", ok, name)
	}
}

func names(name, hash string, latest bool) []ir.RevisionName {
	node := &ir.Node{Kind: schema.Struct}
	return []ir.RevisionName{{Namespace: "default", App: "web", ID: "a", Name: name, Hash: hash, Latest: latest, Node: node}}
}

func TestCheckLedger(t *testing.T) {
	l := NewLock()
	service := []ir.AppRecord{{Namespace: "default", App: "web", Kind: "Service"}}
	l.Record(service, names("web-a-11111111", sumA, true))
	l.Record(service, names("web-b-22222222", sumB, false)) // gets traffic, was never the template

	assert.Empty(t, CheckLedger(l, names("web-a-11111111", sumA, false)))
	assert.Equal(t, diag.LedgerConflict, CheckLedger(l, names("web-a-11111111", sumB, true))[0].Code)
	assert.Equal(t, diag.RevisionChanged, CheckLedger(l, names("web-a-22222222", sumB, false))[0].Code)
	assert.Empty(t, CheckLedger(l, names("web-c-33333333", sumA, true)), "the template needs no record")
	l.Apps["-/default/web"] = App{Kind: "Service"}
	assert.Equal(t, diag.UnrecordedRevision, CheckLedger(l, names("web-b-22222222", sumB, false))[0].Code)
}

func TestLock_Record(t *testing.T) {
	l := NewLock()
	service := ir.AppRecord{Namespace: "default", App: "web", Kind: "Service"}
	l.Record([]ir.AppRecord{service}, names("web-a-1", sumA, true))
	l.Record([]ir.AppRecord{service}, names("web-a-2", sumB, true))
	assert.Equal(t, map[string]string{"web-a-1": sumA, "web-a-2": sumB}, l.Apps["-/default/web"].Revisions, "a rollback goes back to a name")
	l.Record([]ir.AppRecord{service}, nil)
	assert.Len(t, l.Apps["-/default/web"].Revisions, 2, "a Service that names no revision now may do so again")

	route := service
	route.Kind, route.Tracks = "Route", map[string]string{"a": sumA, "b": sumB}
	l.Record([]ir.AppRecord{route}, nil)
	assert.Equal(t, App{Kind: "Route", Tracks: route.Tracks}, l.Apps["-/default/web"], "the revisions left with the Service")
	route.Tracks = map[string]string{"b": sumA}
	l.Record([]ir.AppRecord{route}, nil)
	assert.Equal(t, route.Tracks, l.Apps["-/default/web"].Tracks)
}

func TestLock_Upgrade(t *testing.T) {
	l := NewLock()
	l.Version, l.Former = 1, map[string]map[string]string{"default/web": {"web-a-1": sumA}, "shop/api": {"api-a-1": sumB}}
	l.Record([]ir.AppRecord{{Namespace: "default", Open: true, App: "web", Kind: "Service"}}, nil)
	l.Upgrade()
	assert.Equal(t, `version: 2
apps:
  -/-/web:
    kind: Service
    revisions:
      web-a-1: `+sumA+`
  -/shop/api:
    kind: Service
    revisions:
      api-a-1: `+sumB+`
`, string(l.Encode()))
}

// TestCheckKinds has every change between the ways to release an app.
func TestCheckKinds(t *testing.T) {
	plain, tracks, service := schema.App{}, schema.App{}, schema.App{Strategy: "service"}
	tracks.Revisions = map[string]schema.Revision{"a": {}}
	service.Revisions = tracks.Revisions
	for name, c := range map[string]struct {
		recorded string
		now      schema.App
		wrong    bool
	}{
		"a Service without revisions":      {"Service", plain, false},
		"a Service that names revisions":   {"Service", service, false},
		"a Service that becomes tracks":    {"Service", tracks, true},
		"tracks":                           {"Route", tracks, false},
		"tracks that become a Service":     {"Route", plain, true},
		"tracks that become named":         {"Route", service, true},
		"an app that was never recorded":   {"", tracks, false},
		"a Service that was not recorded ": {"", plain, false},
	} {
		t.Run(name, func(t *testing.T) {
			l := NewLock()
			if c.recorded != "" {
				l.Apps["-/default/web"] = App{Kind: c.recorded}
			}
			checked := &ir.Checked{Target: target.Default(), Apps: []*ir.App{{Name: "web", Namespace: "default", Spec: c.now, Node: &ir.Node{}}}}
			diags := CheckKinds(l, checked, false)
			assert.Equal(t, c.wrong, diags.HasErrors())
			replaced := CheckKinds(l, checked, true)
			assert.False(t, replaced.HasErrors() || replaced.AsErrors().HasErrors(), "what the user asked for is a note")
			assert.Len(t, replaced, len(diags))
		})
	}
}
