package golden_test

import (
	"fmt"
	"maps"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"
	"pgregory.net/rapid"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/compiler/check"
	"github.com/belay-sh/belay/compiler/load"
	"github.com/belay-sh/belay/compiler/load/cuelang"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

// A repository is a drawn set of packages and the flags that it is rendered with.
type repository struct {
	packages  map[string]drawnPackage // by directory
	tag       string                  // the value of -t env, "" for none
	namespace string                  // of -n
}

type drawnPackage struct {
	target     string
	tagged     bool              // apps have the tag's value in their names
	apps       map[string]string // their namespaces, "" if open
	namespaces []string
	port       int
}

func (p drawnPackage) source() string {
	var out strings.Builder
	fmt.Fprintf(&out, "package app\n\n_env: *\"dev\" | string")
	if p.tagged {
		out.WriteString(" @tag(env)")
	}
	fmt.Fprintf(&out, "\ntarget: {knative: \"1.23\", istio: \"1.31\"")
	if p.target != "" {
		fmt.Fprintf(&out, ", name: %q", p.target)
	}
	out.WriteString("}\n")
	for _, ns := range p.namespaces {
		fmt.Fprintf(&out, "namespaces: %s: inject: true\n", ns)
	}
	for _, name := range ir.Sorted(p.apps) {
		fmt.Fprintf(&out, "apps: \"%s-\\(_env)\": {image: \"registry.example.com/app@sha256:%064d\", port: %d", name, 1, p.port)
		if p.apps[name] != "" {
			fmt.Fprintf(&out, ", namespace: %q", p.apps[name])
		}
		out.WriteString("}\n")
	}
	return out.String()
}

// drawRepository draws packages whose apps do not collide: each has names of
// its own, and all share namespaces.
func drawRepository(t *rapid.T) repository {
	named := rapid.Bool().Draw(t, "named")
	r := repository{
		packages:  map[string]drawnPackage{},
		tag:       rapid.SampledFrom([]string{"", "prod"}).Draw(t, "tag"),
		namespace: rapid.SampledFrom([]string{"", "team"}).Draw(t, "namespace"),
	}
	for i := range rapid.IntRange(2, 5).Draw(t, "packages") {
		p := drawPackage(t, i)
		if named {
			p.target = rapid.SampledFrom([]string{"prod", "staging"}).Draw(t, "target")
		}
		r.packages[fmt.Sprintf("apps/p%d", i)] = p
	}
	return r
}

func drawPackage(t *rapid.T, i int) drawnPackage {
	p := drawnPackage{tagged: rapid.Bool().Draw(t, "tagged"), apps: map[string]string{}, port: rapid.IntRange(9100, 9105).Draw(t, "port")}
	for j := range rapid.IntRange(1, 3).Draw(t, "apps") {
		p.apps[fmt.Sprintf("p%da%d", i, j)] = rapid.SampledFrom([]string{"", "shop", "jobs"}).Draw(t, "app namespace")
	}
	for _, ns := range []string{"jobs", "shop"} {
		if rapid.Bool().Draw(t, ns) {
			p.namespaces = append(p.namespaces, ns)
		}
	}
	return p
}

func (r repository) write(t *testing.T, dir string) {
	t.Helper()
	for name, p := range r.packages {
		require.NoError(t, os.MkdirAll(filepath.Join(dir, name), 0o755))
		require.NoError(t, os.WriteFile(filepath.Join(dir, name, "app.cue"), []byte(p.source()), 0o644))
	}
}

// render renders packages of the repository in dir into its directory out.
func (r repository) render(t *testing.T, dir, out string, names []string) *render.Plan {
	t.Helper()
	opts := compiler.Options{
		Options:    load.Options{CUE: cuelang.Language{}, Dir: dir},
		Repository: dir,
		Overrides:  check.Overrides{Namespace: r.namespace},
	}
	if r.tag != "" && slices.ContainsFunc(names, func(name string) bool { return r.packages[name].tagged }) {
		opts.Tags = []string{"env=" + r.tag}
	}
	run, diags, err := compiler.CompileAll(t.Context(), names, opts)
	require.NoError(t, err)
	require.False(t, diags.HasErrors(), "%s", diag.Text{}.Print(diags))
	var files []render.File
	for _, m := range run.Bundles {
		files = append(files, render.Bundle(m, ir.AllClusters)...)
	}
	plan, err := render.NewPlan(filepath.Join(dir, out), files, render.Scope{Coverage: run.Coverage})
	require.NoError(t, err)
	require.Empty(t, plan.Conflicts)
	require.Empty(t, plan.Lost)
	require.NoError(t, plan.Apply())
	return plan
}

// ownersOf are the packages that a rendered file names.
func ownersOf(data []byte) (owners []string) {
	for line := range strings.Lines(string(data)) {
		if owner, ok := strings.CutPrefix(line, "# spec: "); ok {
			owners = append(owners, strings.Fields(owner)[0])
		}
	}
	return owners
}

// TestOwnership_PartsMakeTheWhole renders random repositories as a whole and a
// package at a time, and after random changes a random part of them: what the
// parts do not own stays as it is, to the byte, and all parts one by one are
// what one run of all is.
func TestOwnership_PartsMakeTheWhole(t *testing.T) {
	repositories := rapid.Custom(drawRepository)
	seeds := 20
	if testing.Short() {
		seeds = 3
	}
	for seed := range seeds {
		t.Run(fmt.Sprint(seed), func(t *testing.T) {
			dir := t.TempDir()
			before, after := repositories.Example(2*seed), repositories.Example(2*seed+1)
			before.write(t, dir)
			all := ir.Sorted(before.packages)
			before.render(t, dir, "whole", all)
			for _, name := range all {
				before.render(t, dir, "parts", []string{name})
			}
			whole := readTree(t, filepath.Join(dir, "whole"))
			require.NotEmpty(t, whole)
			assert.Equal(t, texts(whole), texts(readTree(t, filepath.Join(dir, "parts"))))

			changed := before.changed(after, seed)
			now := repository{maps.Clone(before.packages), before.tag, before.namespace}
			for _, name := range changed {
				p := after.packages[name]
				p.target, p.tagged = before.packages[name].target, before.packages[name].tagged
				now.packages[name] = p
			}
			now.write(t, dir)
			plan := now.render(t, dir, "parts", changed)
			assertOthersStay(t, whole, readTree(t, filepath.Join(dir, "parts")), changed, plan)

			for _, name := range all {
				now.render(t, dir, "parts", []string{name})
			}
			now.render(t, dir, "fresh", all)
			assert.Equal(t, texts(readTree(t, filepath.Join(dir, "fresh"))), texts(readTree(t, filepath.Join(dir, "parts"))))
		})
	}
}

// changed are the packages of both repositories that a seed chooses: at least one.
func (r repository) changed(other repository, seed int) (names []string) {
	for i, name := range ir.Sorted(r.packages) {
		if _, ok := other.packages[name]; ok && (i == 0 || (seed>>(i-1))&1 == 1) {
			names = append(names, name)
		}
	}
	return names
}

// assertOthersStay holds files that none of the changed packages owned before to
// what they were. A removal has a line.
func assertOthersStay(t *testing.T, before, after map[string][]byte, changed []string, plan *render.Plan) {
	t.Helper()
	var removed []string
	for _, r := range plan.Remove {
		removed = append(removed, r.Path)
	}
	for _, name := range ir.Sorted(before) {
		data, there := after[name]
		assert.Equal(t, !there, slices.Contains(removed, name), "%s is removed with a line, or not", name)
		own := slices.ContainsFunc(ownersOf(before[name]), func(owner string) bool { return slices.Contains(changed, owner) })
		joined := slices.ContainsFunc(ownersOf(data), func(owner string) bool { return slices.Contains(changed, owner) })
		if !own && !joined && path.Base(name) != "kustomization.yaml" {
			assert.Equal(t, string(before[name]), string(data), name)
		}
	}
}

func texts(files map[string][]byte) map[string]string {
	all := map[string]string{}
	for name, data := range files {
		all[name] = string(data)
	}
	return all
}
