package golden_test

import (
	"slices"
	"strings"
	"testing"

	"github.com/stretchr/testify/assert"
	"github.com/stretchr/testify/require"

	"github.com/belay-sh/belay/compiler"
	"github.com/belay-sh/belay/internal/diag"
)

// notForTenants are the valid fixtures that a tenant may not write, and the
// rules for which they may not.
var notForTenants = map[string][]string{
	"annotations":          {"annotations", "labels"},
	"argocd":               {"annotations", "argocd", "namespaces", "target.domain"},
	"argocd-separate":      {"argocd", "namespaces", "target.domain", "target.mesh"},
	"cluster-defaults":     {"target.config"},
	"domains":              {"secrets"},
	"domains-claimed":      {"target.config"},
	"env":                  {"target.config"},
	"mesh":                 {"target.mesh"},
	"mesh-ambient":         {"namespaces", "target.mesh"},
	"mesh-caller-apps":     {"namespaces", "target.mesh"},
	"mesh-callers":         {"target.mesh"},
	"mesh-features":        {"namespaces", "secrets", "target.mesh"},
	"mesh-features-1.12":   {"namespaces", "secrets", "target.mesh"},
	"mesh-features-1.20":   {"namespaces", "secrets", "target.mesh"},
	"mesh-features-1.22":   {"namespaces", "secrets", "target.mesh"},
	"mesh-features-1.32":   {"namespaces", "secrets", "target.mesh"},
	"direct-route-traffic": {"target.config"},
	"mesh-gateways":        {"secrets", "target.config", "target.domain", "target.mesh"},
	"mesh-gateways-former": {"secrets", "target.config", "target.domain"},
	"mesh-normalized":      {"target.mesh"},
	"mesh-patches":         {"patches"},
	"mesh-separate":        {"namespaces", "target.domain", "target.mesh"},
	"mounts":               {"apps.*.**.mounts.*.hostPath", "target.config"},
	"namespaces":           {"namespaces"},
	"patches":              {"target.config"},
	"patches-policies":     {"patches", "target.mesh"},
	"platform":             {"platform", "target.config", "target.domain", "target.mesh"},
	"platform-article":     {"namespaces", "platform", "target.config", "target.domain", "target.mesh"},
	"platform-manifests":   {"argocd", "platform", "target.config", "target.domain", "target.mesh"},
	"platform-sslip":       {"namespaces", "platform", "target.mesh"},
	"probes":               {"target.config"},
	"release-match-tls":    {"secrets", "target.config"},
	"release-tag-header":   {"target.config"},
	"scale-to-zero":        {"target.config"},
	"scheduling":           {"target.config"},
	"security":             {"capabilities", "target.config"},
	"sidecar-init":         {"target.config"},
	"targets":              {"namespaces", "target.domain"},
}

// TestPolicy_Corpus compiles every valid fixture under the policy tenant: what
// is not permitted is listed here, with the rules, and everything else is.
func TestPolicy_Corpus(t *testing.T) {
	for _, f := range fixtures(t) {
		_, _, diags := f.compile(t)
		if diags.HasErrors() || f.Policy != "" || strings.HasPrefix(f.Name, "bad/") {
			continue
		}
		opts := f.options(t)
		opts.Policy = "tenant"
		_, diags, err := compiler.CompileAll(t.Context(), f.Paths, opts)
		require.NoError(t, err)
		assert.Equal(t, notForTenants[f.Name], violated(diags), "%s: the rules that it violates", f.Name)
	}
}

// violated are the rules that diagnostics name, sorted.
func violated(diags diag.List) (rules []string) {
	for _, d := range diags {
		if d.Code != diag.NotPermitted {
			continue
		}
		_, rule, _ := strings.Cut(d.Message, " (")
		rule, _, _ = strings.Cut(rule, ")")
		rules = append(rules, rule)
	}
	slices.Sort(rules)
	return slices.Compact(rules)
}
