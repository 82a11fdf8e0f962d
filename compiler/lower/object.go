package lower

import (
	"strings"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/internal/ir"
)

// add makes an object of the app, of the kind that is made now, as it stands.
func (b *builder) add(apiVersion string, meta metav1.ObjectMeta, spec any) {
	o := object(apiVersion, b.kind.name, meta, spec)
	o.FileKey = ir.FileKey{Namespace: b.app.Namespace, App: b.app.Name}
	o.Wave = b.kind.wave
	b.objects = append(b.objects, o)
}

// object makes an object: what a manifest has of one, and no status.
//
// encoding/json makes encoders for every type that a type leads to, and a pod
// leads to hundreds, which takes longer than to lower an app. The json here is
// what replaces it in Go 1.27, under its old rules: the same bytes, and encoders
// for what is there.
func object(apiVersion, kind string, meta metav1.ObjectMeta, spec any) ir.Object {
	data, err := json.Marshal(struct {
		metav1.TypeMeta `json:",inline"`
		Metadata        metav1.ObjectMeta `json:"metadata"`
		Spec            any               `json:"spec,omitempty"`
	}{metav1.TypeMeta{APIVersion: apiVersion, Kind: kind}, meta, spec})
	if err != nil {
		panic("belay internal: " + kind + " " + meta.Name + ": " + err.Error())
	}
	return ir.Object{
		APIVersion: apiVersion, Kind: kind, Namespace: meta.Namespace, Name: meta.Name,
		Cluster: clusterOf(apiVersion), JSON: data,
	}
}

// clusterOf returns the cluster of the objects of an API: the mesh's own, if the
// mesh's control plane reads them.
func clusterOf(apiVersion string) ir.Cluster {
	if isIstio(apiVersion) {
		return ir.Mesh
	}
	return ir.Dataplane
}

// isIstio reports whether the mesh's control plane reads objects of an API:
// networking.istio.io, security.istio.io, telemetry.istio.io, extensions.istio.io.
func isIstio(apiVersion string) bool {
	group, _, _ := strings.Cut(apiVersion, "/")
	return strings.HasSuffix(group, ".istio.io")
}
