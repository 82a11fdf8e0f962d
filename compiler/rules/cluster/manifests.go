package cluster

import (
	"path"
	"slices"
	"strings"

	"github.com/belay-sh/belay/compiler/rules"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// manifestRules are the rules of this file.
var manifestRules = rules.Set{
	DependsOn: map[diag.Code][]string{
		diag.UnpinnedManifest: {"sha256", "manifests", "version", rules.TargetKnative},
	},
}

// chooseFiles chooses the files that a platform is installed from, each
// with its checksum. The jobs among them are for hooks alone: they have no
// names, so that nothing else can apply them twice.
func chooseFiles(p *ir.Platform, hooks bool) (diags diag.List) {
	spec, n := p.Spec.Manifests, p.Node.Field("manifests")
	for _, sum := range n.Field("sha256").Fields() {
		if !slices.Contains(target.InstallFiles, sum.Name) {
			diags.Add(sum.KeyErrorf(diag.UnknownValue, "%s is no manifest that belay installs; those are %s", sum.Name, diag.Or(target.InstallFiles)))
		}
	}
	released := target.Manifests(p.Version)
	var unpinned []string
	for _, name := range target.InstallFiles {
		file := released[name]
		file.Name = name
		if sum, own := spec.SHA256[name]; own && file.SHA256 == "" {
			file.SHA256 = sum
		} else if own && sum != file.SHA256 {
			at := n.Find("sha256", name)
			diags.Add(at.Errorf(diag.ManifestMismatch, "%s of Knative %s has the SHA-256 %s, which a spec does not replace", name, p.Version, file.SHA256).
				WithHint("leave %s out of sha256; it is for releases that belay has no checksums of", name))
		}
		switch {
		case name == target.ServingHPA && !spec.HPA, name == target.ServingJobs && (!hooks || file.SHA256 == ""):
		case file.SHA256 == "":
			unpinned = append(unpinned, name)
		default:
			p.Files = append(p.Files, ir.ReleaseFile{ReleaseFile: file})
		}
	}
	if len(unpinned) > 0 {
		diags.Add(n.KeyErrorf(diag.UnpinnedManifest, "belay has no checksums of Knative %s: what it installs has to be said by the spec", p.Version).
			WithHint("add sha256 for %s", strings.Join(unpinned, ", ")))
	}
	return diags
}

// checkURLs reports what an install from URLs cannot guarantee, and cannot do.
func checkURLs(t *target.Target, p *ir.Platform) (diags diag.List) {
	n := p.Node.Field("urls")
	t.NoHPA = !slices.ContainsFunc(p.Spec.URLs, func(url string) bool { return path.Base(url) == target.ServingHPA })
	diags.Add(n.KeyErrorf(diag.UnpinnedManifest, "kustomize fetches what the platform installs, and no checksum holds it").AsWarning().
		WithHint("download the files, and use manifests: {directory, sha256}"))
	if replicas := p.Node.Field("replicas"); replicas != nil {
		diags.Add(replicas.KeyErrorf(diag.MisplacedField, "replicas goes with operator or manifests: belay does not see what is at the URLs"))
	}
	return diags
}
