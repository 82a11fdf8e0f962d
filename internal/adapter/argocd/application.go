package argocd

import (
	"cmp"
	"path"
	"slices"

	"github.com/belay-sh/belay/internal/bundle"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/schema"
)

// The fields of an Application that belay sets, as argoproj.io/v1alpha1 names
// them (github.com/argoproj/argo-cd, pkg/apis/application/v1alpha1).
type (
	object struct {
		APIVersion string            `json:"apiVersion"`
		Kind       string            `json:"kind"`
		Metadata   metadata          `json:"metadata"`
		Spec       *applicationSpec  `json:"spec,omitempty"`
		Data       map[string]string `json:"data,omitempty"`
	}
	metadata struct {
		Name        string            `json:"name"`
		Namespace   string            `json:"namespace"`
		Labels      map[string]string `json:"labels"`
		Annotations map[string]string `json:"annotations,omitempty"`
	}
	applicationSpec struct {
		Project           string      `json:"project"`
		Source            source      `json:"source"`
		Destination       destination `json:"destination"`
		SyncPolicy        syncPolicy  `json:"syncPolicy"`
		IgnoreDifferences []ignored   `json:"ignoreDifferences,omitempty"`
	}
	source struct {
		RepoURL        string `json:"repoURL"`
		TargetRevision string `json:"targetRevision"`
		Path           string `json:"path"`
	}
	destination struct {
		Server string `json:"server,omitempty"`
		Name   string `json:"name,omitempty"`
	}
	syncPolicy struct {
		Automated   *automated `json:"automated,omitempty"`
		SyncOptions []string   `json:"syncOptions"`
		Retry       retry      `json:"retry"`
	}
	automated struct {
		Prune    bool `json:"prune"`
		SelfHeal bool `json:"selfHeal"`
	}
	retry struct {
		Limit   int     `json:"limit"`
		Backoff backoff `json:"backoff"`
	}
	backoff struct {
		Duration    string `json:"duration"`
		Factor      int    `json:"factor"`
		MaxDuration string `json:"maxDuration"`
	}
)

// inCluster is the cluster that Argo CD runs in, as it calls it.
var inCluster = &schema.Destination{Server: "https://kubernetes.default.svc"}

// application makes the Application that keeps the part of the bundle for a
// cluster in that cluster.
func application(m ir.Bundle, cluster ir.Cluster) ir.Object {
	spec := m.ArgoCD
	name, where := bundle.ApplicationName(m, cluster), cmp.Or(spec.Dataplane, inCluster)
	if cluster == ir.Mesh {
		where = cmp.Or(spec.Mesh, where) // one cluster is its own mesh's
	}
	app := applicationSpec{
		Project:           cmp.Or(spec.Project, "default"),
		Source:            source{spec.RepoURL, cmp.Or(spec.TargetRevision, "HEAD"), path.Join(spec.Path, m.Target, string(cluster))},
		Destination:       destination{where.Server, where.Name},
		SyncPolicy:        policy(m),
		IgnoreDifferences: ignoreDifferences(m, cluster),
	}
	if len(app.IgnoreDifferences) > 0 {
		app.SyncPolicy.SyncOptions = append(app.SyncPolicy.SyncOptions, "RespectIgnoreDifferences=true")
	}
	slices.Sort(app.SyncPolicy.SyncOptions)
	return newObject("argoproj.io/v1alpha1", "Application", object{
		Metadata: metadata{
			Name:      name,
			Namespace: cmp.Or(spec.Namespace, "argocd"),
			Labels:    map[string]string{objectmeta.ManagedByLabel: objectmeta.ManagedByBelay, objectmeta.NameLabel: name},
			Annotations: map[string]string{
				"argocd.argoproj.io/manifest-generate-paths": ".", // a commit elsewhere in the repository renders nothing anew
				objectmeta.SpecAnnotation:                    schema.APIVersion,
			},
		},
		Spec: &app,
	})
}

// policy is how Argo CD applies the objects of a cluster: what is in sync it leaves alone, so that
// a sync costs what changed; server-side, since the CRDs of an install are too
// large for an annotation; without a dry run of kinds that the same sync
// defines. A Route stops sending traffic to a Configuration before that is deleted,
// whether or not this run compiles one: others may be in the directory. The retries outlast webhooks that start with the bundle.
func policy(m ir.Bundle) syncPolicy {
	p := syncPolicy{
		SyncOptions: []string{"ApplyOutOfSyncOnly=true", "PruneLast=true", "ServerSideApply=true", "SkipDryRunOnMissingResource=true"},
		Retry:       retry{Limit: 5, Backoff: backoff{"10s", 2, "3m"}},
	}
	if m.ArgoCD.Automated {
		p.Automated = &automated{Prune: true, SelfHeal: true}
	}
	return p
}

func newObject(apiVersion, kind string, o object) ir.Object {
	o.APIVersion, o.Kind = apiVersion, kind
	return ir.Object{
		APIVersion: apiVersion, Kind: kind, Namespace: o.Metadata.Namespace, Name: o.Metadata.Name, JSON: encode(o),
	}
}
