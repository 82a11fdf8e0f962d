package schema

// Platform is the install of Knative Serving. Exactly one of Operator,
// Manifests and URLs is set.
type Platform struct {
	Version   string
	Operator  bool
	Manifests *Manifests
	URLs      []string
	SSLIP     string
	MTLS      string
	Replicas  int32
}

// Manifests are the manifests of a release.
type Manifests struct {
	Directory string
	HPA       bool
	SHA256    map[string]string
}

// ArgoCD is how Argo CD reads the bundle.
type ArgoCD struct {
	Name           string
	RepoURL        string
	Path           string
	TargetRevision string
	Dataplane      *Destination
	Mesh           *Destination
	Project        string
	Namespace      string
	Automated      bool
}

// Destination is a cluster, as Argo CD knows it. Exactly one of Server and Name
// is set.
type Destination struct {
	Server string
	Name   string
}
