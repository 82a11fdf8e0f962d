package lower

import (
	"maps"

	security "istio.io/api/security/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/lower/mesh"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// The waves of a platform, before those of apps.
const (
	namespaceWave  = -5
	crdWave        = -4
	coreWave       = -3
	ingressWave    = -2
	meshPolicyWave = -1
)

// platform adds the objects that install Knative to a manifest.
func platform(c *ir.Checked, m *ir.Bundle) diag.List {
	if mtls := mesh.MutualTLS(c.Platform.Spec.MTLS); mtls != nil {
		m.Objects = append(m.Objects, meshPolicy(c.Target, mtls))
	}
	switch spec := c.Platform.Spec; {
	case spec.Operator:
		m.Objects = append(m.Objects, knativeServing(c))
	case spec.Manifests != nil:
		r := &release{checked: c, manifest: m, unset: configMaps(c.Target), seen: map[string]bool{}}
		return r.lower()
	default:
		m.Remote = remote(c)
	}
	return nil
}

// meshPolicy makes the policy on who may connect to any pod of the mesh: one
// without a selector, in the mesh's root namespace.
func meshPolicy(t *target.Target, mtls *security.PeerAuthentication_MutualTLS) ir.Object {
	o := object(t.IstioAPI("security.istio.io"), "PeerAuthentication", platformMeta(t.Mesh.RootNamespace, "default"),
		&security.PeerAuthentication{Mtls: mtls})
	o.Wave, o.FileKey = meshPolicyWave, ir.FileKey{Shared: "mesh"}
	return o
}

// platformMeta is the metadata of an object that belay adds to a platform.
func platformMeta(namespace, name string) metav1.ObjectMeta {
	return metav1.ObjectMeta{
		Name:        name,
		Namespace:   namespace,
		Labels:      map[string]string{nameLabel: ir.ServingNamespace, managedByLabel: "belay"},
		Annotations: map[string]string{specAnnotation: schema.APIVersion},
	}
}

// configMaps are the cluster's own settings, by ConfigMap without "config-":
// those that apps are checked against, and the domain of routes.
func configMaps(t *target.Target) map[string]map[string]string {
	all := map[string]map[string]string{}
	maps.Copy(all, t.Config)
	if t.Domain != "" {
		all["domain"] = map[string]string{t.Domain: ""} // no selector: of all routes
	}
	return all
}
