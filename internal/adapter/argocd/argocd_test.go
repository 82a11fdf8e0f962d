package argocd

import (
	"testing"

	"github.com/stretchr/testify/assert"

	"github.com/belay-sh/belay/internal/ir"
)

func named(kind, annotations string) ir.Object {
	return ir.Object{Kind: kind, Name: "web", JSON: []byte(`{"kind":"` + kind + `","metadata":{"annotations":` + annotations + `,"name":"web"}}`)}
}

// TestAnnotate_ConfigurationsArePrunedLast reads the sync options as Argo CD
// does: words with a comma between.
func TestAnnotate_ConfigurationsArePrunedLast(t *testing.T) {
	for _, c := range []struct{ kind, own, want string }{
		{"Configuration", `{}`, "PruneLast=true"},
		{"Configuration", `null`, "PruneLast=true"},
		{"Configuration", `{"a":"b"}`, "PruneLast=true"},
		{"Configuration", `{"argocd.argoproj.io/sync-options":"Prune=confirm"}`, "Prune=confirm,PruneLast=true"},
		{"Configuration", `{"argocd.argoproj.io/sync-options":"Validate=false, PruneLast=true"}`, "Validate=false, PruneLast=true"},
		{"Configuration", `{"argocd.argoproj.io/sync-options":"PruneLast=false"}`, "PruneLast=false"},
		{"Route", `{}`, ""},
		{"Service", `{"argocd.argoproj.io/sync-options":"Prune=false"}`, "Prune=false"},
	} {
		m := Annotate(ir.Bundle{Objects: []ir.Object{named(c.kind, c.own)}})
		assert.Equal(t, c.want, annotationsOf(m.Objects[0])[optionsAnnotation], "%+v", c)
	}
}

// TestAnnotate_Order holds what Argo CD applies and prunes in which order: the
// Route in a later wave than its Configurations, a hook after all, and what the
// user has set himself as it is.
func TestAnnotate_Order(t *testing.T) {
	route, configuration, entry := named("Route", `{}`), named("Configuration", `{}`), named("ServiceEntry", `{"argocd.argoproj.io/sync-wave":"7"}`)
	route.Wave, configuration.Wave, entry.Wave = 2, 1, -1
	before := ir.Bundle{Objects: []ir.Object{entry, configuration, route}, Hooks: []ir.Object{named("Job", `{}`)}}
	m := Annotate(before)
	var waves []string
	for _, o := range m.Objects {
		waves = append(waves, annotationsOf(o)[waveAnnotation])
	}
	assert.Equal(t, []string{"7", "1", "2", ""}, waves)
	assert.Equal(t, "PostSync", annotationsOf(m.Objects[3])["argocd.argoproj.io/hook"])
	assert.Empty(t, m.Hooks)
	assert.Len(t, before.Hooks, 1, "the manifest that was given is as it was")
	assert.Empty(t, annotationsOf(before.Objects[2]))
}
