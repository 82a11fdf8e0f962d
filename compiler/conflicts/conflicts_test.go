package conflicts_test

import (
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/check/checktest"
	"github.com/belay-sh/belay/compiler/conflicts"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// compare compares the specs of a run, each of which is valid by itself.
func compare(t *testing.T, specs ...string) (findings []string) {
	t.Helper()
	var names []conflicts.ReservedName
	var singletons []conflicts.Singleton
	for i, spec := range specs {
		spec = strings.Repeat("\n", i) + "{" + strings.ReplaceAll(spec, "IMAGE", "image: example.com/web:v1") + "}\n"
		checked, diags := check.Check(checktest.Parse(t, spec), check.Overrides{})
		require.False(t, diags.HasErrors(), "%s: %v", spec, diags)
		for _, a := range checked.Apps {
			names = append(names, conflicts.ReservedNames(checked.Target, a)...)
		}
		names = append(names, conflicts.NamespacesWithoutSidecars(checked)...)
		singletons = append(singletons, conflicts.Singletons(checked.Node)...)
	}
	diags := append(conflicts.Check(names), conflicts.CheckSingletons(singletons)...)
	for _, d := range diags.Sorted() {
		finding := string(d.Code) + " " + d.Path
		if d.Severity == diag.Warning {
			finding = "~" + finding
		}
		findings = append(findings, finding)
	}
	return findings
}

func TestCheck_Names(t *testing.T) {
	for name, c := range map[string]struct {
		specs []string
		want  []string
	}{
		"different names":                  {[]string{`apps: {web: {IMAGE}}`, `apps: {api: {IMAGE}}`}, nil},
		"one name":                         {[]string{`apps: {web: {IMAGE}}`, `apps: {web: {IMAGE}}`}, []string{"duplicate-name apps.web"}},
		"one name, two namespaces":         {[]string{`apps: {web: {IMAGE}}`, `apps: {web: {IMAGE, namespace: other}}`}, nil},
		"the host of a tag is an app":      {[]string{`apps: {web: {IMAGE, revisions: {v1: {weight: 100, tag: next}}}, next-web: {IMAGE}}`}, []string{`name-collision apps."next-web"`}},
		"a Configuration is an app":        {[]string{`apps: {web: {IMAGE, revisions: {v1: {weight: 100}}}, web-v1: {IMAGE}}`}, []string{`name-collision apps."web-v1"`}},
		"a numbered revision is an app":    {[]string{`apps: {web: {IMAGE}, web-00001: {IMAGE}}`}, []string{`name-collision apps."web-00001"`}},
		"its private Service is an app":    {[]string{`apps: {web: {IMAGE}, web-00001-private: {IMAGE}}`}, []string{`name-collision apps."web-00001-private"`}},
		"a number of four digits":          {[]string{`apps: {web: {IMAGE}, web-0001: {IMAGE}}`}, nil},
		"a revision that is like a number": {[]string{`apps: {web: {IMAGE}, web-0000a: {IMAGE}}`}, nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, compare(t, c.specs...)) })
	}
}

func TestCheck_Hosts(t *testing.T) {
	const domain = `target: {domain: example.com}, `
	for name, c := range map[string]struct {
		specs []string
		want  []string
	}{
		"different domains":              {[]string{`apps: {web: {IMAGE, domains: [a.example.org]}, api: {IMAGE, domains: [b.example.org]}}`}, nil},
		"one domain":                     {[]string{`apps: {web: {IMAGE, domains: [a.example.org]}, api: {IMAGE, domains: [a.example.org]}}`}, []string{"duplicate-domain apps.api.domains[0]"}},
		"one domain, two namespaces":     {[]string{`apps: {web: {IMAGE, domains: [a.example.org]}, api: {IMAGE, namespace: other, domains: {a.example.org: {}}}}`}, []string{`duplicate-domain apps.api.domains."a.example.org"`}},
		"the host of another app":        {[]string{domain + `apps: {web: {IMAGE}, api: {IMAGE, domains: [web.default.example.com]}}`}, []string{"host-collision apps.api.domains[0]"}},
		"two apps by the template":       {[]string{`target: {domain: example.com, config: {network: {domain-template: "{{.Name}}.{{.Domain}}"}}}, apps: {web: {IMAGE}, other: {IMAGE, name: web, namespace: other}}`}, []string{"host-collision apps.other.name"}},
		"cluster-local has no such host": {[]string{`target: {domain: example.com, config: {network: {domain-template: "{{.Name}}.{{.Domain}}"}}}, apps: {web: {IMAGE}, other: {IMAGE, name: web, namespace: other, visibility: cluster-local}}`}, nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, compare(t, c.specs...)) })
	}
}

func TestCheck_Callers(t *testing.T) {
	const guarded = `IMAGE, visibility: cluster-local, scale: {min: 1, burstCapacity: 0}, mesh: {callers: `
	for name, c := range map[string]struct {
		specs []string
		want  []string
	}{
		"an account that an app uses":       {[]string{`apps: {api: {` + guarded + `[{serviceAccount: default/web}]}}}`, `apps: {web: {IMAGE, serviceAccount: web}}`}, nil},
		"an account that no app uses":       {[]string{`apps: {api: {` + guarded + `[{serviceAccount: default/wbe}]}}}`, `apps: {web: {IMAGE, serviceAccount: web}}`}, []string{"~unknown-caller apps.api.mesh.callers[0].serviceAccount"}},
		"a namespace without apps":          {[]string{`apps: {api: {` + guarded + `[{serviceAccount: other/wbe}]}}}`}, nil},
		"an app with its own account":       {[]string{`apps: {api: {` + guarded + `[{app: web}]}}, web: {IMAGE, serviceAccount: web, mesh: {}}}`}, nil},
		"an app that shares its account":    {[]string{`apps: {api: {` + guarded + `[{app: web}]}}, web: {IMAGE, serviceAccount: web, mesh: {}}}`, `apps: {other: {IMAGE, serviceAccount: web}}`}, []string{"caller-identity apps.api.mesh.callers[0].app"}},
		"a sidecar in its namespace":        {[]string{`apps: {web: {IMAGE, mesh: {}}}, namespaces: {default: {inject: true}}`}, nil},
		"no sidecar in its namespace":       {[]string{`apps: {web: {IMAGE, mesh: {}}}`, `namespaces: {default: {inject: false}}`}, []string{"injection-conflict namespaces.default.inject"}},
		"no sidecar in another namespace":   {[]string{`apps: {web: {IMAGE, mesh: {}}}`, `namespaces: {other: {inject: false}}`}, nil},
		"no sidecar, and none that is used": {[]string{`apps: {web: {IMAGE}}`, `namespaces: {default: {inject: false}}`}, nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, compare(t, c.specs...)) })
	}
}

// TestCheck_Overlaps has callers that go through Knative's activator, whose
// policy selects revisions by the beginning of their names.
func TestCheck_Overlaps(t *testing.T) {
	const guarded = `target: {mesh: {injectedServing: true}}, apps: {web: {IMAGE, visibility: cluster-local, mesh: {mtls: strict, callers: [{namespace: jobs}]}}, `
	for name, c := range map[string]struct {
		spec string
		want []string
	}{
		"an app with a digit behind":   {guarded + `web-2: {IMAGE}}`, []string{`caller-overlap apps."web-2"`}},
		"an app with a letter behind":  {guarded + `web-b: {IMAGE}}`, nil},
		"an app of another namespace":  {guarded + `web-2: {IMAGE, namespace: other}}`, nil},
		"an app with a digit, no dash": {guarded + `web2: {IMAGE}}`, nil},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, compare(t, c.spec)) })
	}
}

func TestCheckSingletons(t *testing.T) {
	for name, c := range map[string]struct {
		specs []string
		want  []string
	}{
		"declared alike":       {[]string{`namespaces: {shop: {inject: true}}`, `namespaces: {shop: {inject: true}}`}, nil},
		"declared in two ways": {[]string{`namespaces: {shop: {inject: true}}`, `namespaces: {shop: {inject: false}}`}, []string{"conflicting-specs namespaces.shop"}},
		"two namespaces":       {[]string{`namespaces: {shop: {inject: true}}`, `namespaces: {jobs: {inject: false}}`}, nil},
		"two for Argo CD":      {[]string{`apps: {}, argocd: {name: aa, repoURL: u, path: p}`, `apps: {}, argocd: {name: bb, repoURL: u, path: p}`}, []string{"conflicting-specs argocd"}},
	} {
		t.Run(name, func(t *testing.T) { assert.Equal(t, c.want, compare(t, c.specs...)) })
	}
}

// TestReservedRevisionNames compares names that lowering computed with the names
// of apps.
func TestReservedRevisionNames(t *testing.T) {
	checked, diags := check.Check(checktest.Parse(t, "{apps: {web-v1-1a2b3c4d-private: {image: example.com/web:v1}}}"), check.Overrides{})
	require.Empty(t, diags)
	names := conflicts.ReservedNames(checked.Target, checked.Apps[0])
	node := &ir.Node{Name: "v1"}
	for name, want := range map[string]int{"web-v1-1a2b3c4d": 1, "web-v1-00000000": 0} {
		computed := conflicts.ReservedRevisionNames([]ir.RevisionName{{Namespace: "default", App: "web", ID: "v1", Name: name, Node: node}})
		assert.Len(t, conflicts.Check(append(computed, names...)), want, name)
	}
}

func TestResolveCallers(t *testing.T) {
	const guarded = `image: example.com/web:v1, visibility: cluster-local, scale: {min: 1, burstCapacity: 0}, mesh: {callers: [{app: web}]}`
	const image = `image: example.com/web:v1`
	checktest.Run(t, []checktest.Case{
		{Top: `apps: {api: {` + guarded + `}, web: {` + image + `, serviceAccount: web, mesh: {}}}`},
		{Top: `apps: {api: {` + guarded + `}}`, Want: "unknown-caller web"},
		{Top: `apps: {api: {` + guarded + `}, web: {` + image + `, serviceAccount: web}}`, Want: "caller-identity web"},
		{Top: `apps: {api: {` + guarded + `}, web: {` + image + `, mesh: {}}}`, Want: "caller-identity web"},
		{Top: `apps: {api: {` + guarded + `}, web: {` + image + `, serviceAccount: web}}, namespaces: {default: {inject: true}}`},
	})
}
