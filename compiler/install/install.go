// Package install makes the objects that a cluster needs before those of apps:
// the namespaces of a spec, and Knative itself, pinned to a release. Knative
// comes in one of three ways, which the spec chooses:
//
//	knativeserving.go  an object from which Knative's operator installs it
//	manifests.go       the objects of the release's own manifests, which are read
//	                   and verified before, with the cluster's settings in them
//	                   (adapt.go)
//	remote.go          a kustomization over the release's manifests at URLs
//
// The package is pure: it takes a checked spec, with the manifests that were read
// for it, and returns objects and diagnostics.
package install

import (
	"maps"

	security "istio.io/api/security/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/compiler/fields"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
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

// Add adds to a bundle the namespaces of a spec, and what installs Knative if
// the spec has a platform: objects, hooks, or what a kustomization fetches.
func Add(c *ir.Checked, m *ir.Bundle) diag.List {
	for _, ns := range c.Namespaces {
		if !isReleased(c, ns) {
			m.Objects = append(m.Objects, namespace(ns))
		}
	}
	if c.Platform == nil {
		return nil
	}
	return platform(c, m)
}

// platform adds what installs Knative.
func platform(c *ir.Checked, m *ir.Bundle) diag.List {
	if mtls := fields.MutualTLS(c.Platform.Spec.MTLS); mtls != nil {
		m.Objects = append(m.Objects, meshPolicy(c.Target, mtls))
	}
	switch spec := c.Platform.Spec; {
	case spec.Operator:
		m.Objects = append(m.Objects, knativeServing(c))
	case spec.Manifests != nil:
		r := &release{checked: c, bundle: m, unset: configMaps(c.Target), seen: map[string]bool{}}
		return r.addFiles()
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
		Labels:      map[string]string{objectmeta.NameLabel: ir.ServingNamespace, objectmeta.ManagedByLabel: objectmeta.ManagedByBelay},
		Annotations: map[string]string{objectmeta.SpecAnnotation: schema.APIVersion},
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

// object makes an object that is the cluster's, not an app's.
func object(apiVersion, kind string, meta metav1.ObjectMeta, spec any) ir.Object {
	return ir.Object{
		APIVersion: apiVersion, Kind: kind, Namespace: meta.Namespace, Name: meta.Name,
		Cluster: ir.ClusterOf(apiVersion), JSON: admission.Encode(apiVersion, kind, meta, spec),
	}
}
