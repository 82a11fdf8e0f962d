package schema

// TargetSpec is what a document says of its target.
type TargetSpec struct {
	Name    string // of the cluster; "" if the repository has only one
	Knative string
	Istio   string
	Domain  string
	Config  map[string]map[string]string // by ConfigMap, without its prefix "config-"
	Mesh    TargetMesh
}

// TargetMesh is how the target's mesh is laid out.
type TargetMesh struct {
	Cluster         string
	DataplaneAPI    *bool
	InjectedServing bool
	RootNamespace   string
	TrustDomain     string

	PathNormalization string
}
