package bundle

import (
	"cmp"
	"slices"

	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
)

// ApplicationName is the name of the Argo CD Application of a bundle for one of
// its clusters.
func ApplicationName(m ir.Bundle, cluster ir.Cluster) string {
	name := m.ArgoCD.Name
	for _, part := range []string{m.Target, string(cluster)} {
		if part != "" {
			name += "-" + part
		}
	}
	return name
}

// sameApplications reports bundles of a run whose Argo CD Applications would
// have one name in one namespace.
func sameApplications(specs []Spec) (diags diag.List) {
	type application struct {
		target string
		at     place
	}
	taken := map[string]application{}
	for _, s := range specs {
		m := s.Manifest
		if m.ArgoCD == nil {
			continue
		}
		m.Target = s.Declared.Name()
		for _, cluster := range m.Clusters() {
			name := ApplicationName(m, cluster)
			key := cmp.Or(m.ArgoCD.Namespace, "argocd") + "/" + name
			first, ok := taken[key]
			if !ok {
				taken[key] = application{m.Target, s.Declared.argoCD}
				continue
			}
			if first.target == m.Target {
				continue // one bundle, whose specs share the field argocd
			}
			at := []place{first.at, s.Declared.argoCD}
			slices.SortFunc(at, func(a, b place) int { return a.at.Compare(b.at) })
			diags.Add(diag.Diagnostic{
				Code: diag.DuplicateName, Severity: diag.Error, At: at[1].at, Path: at[1].path,
				Message: "two Argo CD Applications would be called " + name + ": those of the targets " + first.target + " and " + m.Target,
			}.WithRelated(at[0].at, "the other").WithHint("give one of the two another argocd: name"))
		}
	}
	return diags
}
