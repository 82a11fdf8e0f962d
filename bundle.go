package belay

import (
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/render"
)

// A Bundle is what specs compile to for one target: the objects of its cluster,
// or of the two clusters of a target whose mesh has its own.
type Bundle struct {
	Target  string   // its name; "" if the specs give it none
	Objects []Object // in the order of application

	bundle ir.Bundle
}

// An Object is one of Kubernetes. It is complete: nothing is added by webhooks of
// Knative or Istio.
type Object struct {
	// Cluster is where the object goes, of a target whose mesh has a cluster of
	// its own: Dataplane, Mesh, or BothClusters. Of other targets it is
	// BothClusters.
	Cluster    Cluster
	APIVersion string
	Kind       string
	Namespace  string // "" for an object of the whole cluster
	Name       string
	YAML       []byte // one document, without a separator
}

// A Cluster is one of the clusters of a target.
type Cluster string

// The clusters.
const (
	BothClusters Cluster = ""
	Dataplane    Cluster = "dataplane" // where the apps run
	Mesh         Cluster = "mesh"      // whose control plane reads Istio's objects
)

// A File is one of a rendered directory.
type File struct {
	Path string // relative, with slashes
	Data []byte
}

// Files returns the bundle as "belay render -o" writes it to an empty directory:
// a file per app with a header that names its specs, and a kustomization.
func (b Bundle) Files() []File {
	var files []File
	for _, f := range render.Bundle(b.bundle, b.bundle.Clusters()...) {
		files = append(files, File{f.Path, f.Data})
	}
	return files
}

func newBundle(b ir.Bundle) Bundle {
	out := Bundle{Target: b.Target, bundle: b}
	for _, o := range b.Objects {
		object := Object{APIVersion: o.APIVersion, Kind: o.Kind, Namespace: o.Namespace, Name: o.Name, YAML: render.Document(o)}
		if b.Separate {
			object.Cluster = Cluster(o.Cluster)
		}
		out.Objects = append(out.Objects, object)
	}
	return out
}
