package ir

import (
	"fmt"
	"slices"
	"strings"
)

// Cluster is a cluster that a bundle is for. It says where an object goes, and
// which objects a caller wants.
type Cluster string

// The clusters. A bundle whose mesh has no cluster of its own is for one cluster,
// and only AllClusters selects all of it.
const (
	AllClusters Cluster = ""          // of an object: both; of a selection: no choice
	Dataplane   Cluster = "dataplane" // where the apps run
	Mesh        Cluster = "mesh"      // whose Istio objects the mesh's control plane reads
)

// ParseCluster reads the name of a cluster as flags, parameters and
// configurations have it; "" is AllClusters.
func ParseCluster(text string) (Cluster, error) {
	c := Cluster(text)
	if !slices.Contains([]Cluster{AllClusters, Dataplane, Mesh}, c) {
		return AllClusters, fmt.Errorf("%s is neither dataplane nor mesh", text)
	}
	return c, nil
}

// ClusterOf returns the cluster of the objects of an API: the mesh's own, if the
// mesh's control plane reads them (networking.istio.io, security.istio.io,
// telemetry.istio.io, extensions.istio.io).
func ClusterOf(apiVersion string) Cluster {
	group, _, _ := strings.Cut(apiVersion, "/")
	if strings.HasSuffix(group, ".istio.io") {
		return Mesh
	}
	return Dataplane
}

// Has reports whether an object goes to the cluster, or to one of all clusters.
func (c Cluster) Has(o Object) bool {
	return c == AllClusters || o.Cluster == AllClusters || c == o.Cluster
}

// Objects returns those of some objects that go to the cluster, in their order.
func (c Cluster) Objects(objects []Object) (out []Object) {
	for _, o := range objects {
		if c.Has(o) {
			out = append(out, o)
		}
	}
	return out
}

// Clusters returns the clusters that the bundle has files for: the two of a
// separate mesh, and otherwise AllClusters alone.
func (b Bundle) Clusters() []Cluster {
	if b.Separate {
		return []Cluster{Dataplane, Mesh}
	}
	return []Cluster{AllClusters}
}
