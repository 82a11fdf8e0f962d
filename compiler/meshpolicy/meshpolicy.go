// Package meshpolicy recognizes the objects by which the mesh enforces what a spec
// says of its app, and what would make them void: a patch, an overlay or a later
// edit may remove a policy, change what it denies, or take the app's pods out of
// its reach, while the spec still says otherwise.
//
//	Note      writes down the policies of an app on its Service or Route, so that
//	          one that is removed or changed is noticed later
//	Weakened  compares an object before and after a patch
//	Faults    finds what is wrong with one object, without the one before
//
// The package takes objects of belay's, as JSON. What Istio itself rejects is in
// compiler/admission.
package meshpolicy

import (
	"bytes"
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// A Fault is one way in which the pods of a template get out of what the mesh
// enforces, or in which a policy enforces less than the spec says.
type Fault struct {
	Path    string // of the field of the object; "" for the whole object
	Message string
}

// policies are the kinds of objects by which the mesh enforces something, each
// with what compares a policy before and after a patch.
var policies = map[string]comparison{
	"AuthorizationPolicy":   comparing(denialsUndone),
	"EnvoyFilter":           comparing(filterUndone),
	"PeerAuthentication":    comparing(peerUndone),
	"RequestAuthentication": comparing(tokensUndone),
	"ServiceEntry":          comparing(entryUndone),
	"Sidecar":               comparing(sidecarUndone),
}

// IsPolicy reports whether the mesh enforces something by objects of a kind.
func IsPolicy(kind string) bool { return policies[kind] != nil }

// Any reports whether one of some objects is a policy.
func Any(objects []ir.Object) bool {
	return slices.ContainsFunc(objects, func(o ir.Object) bool { return IsPolicy(o.Kind) })
}

// Note writes down the policies among the objects of an app on its Service or
// Route, each with a hash of its spec.
func Note(objects []ir.Object) {
	noted := map[string]string{}
	for _, o := range objects {
		if IsPolicy(o.Kind) {
			noted[Key(o.Kind, o.Namespace, o.Name)] = Hash(o.JSON)
		}
	}
	if len(noted) == 0 {
		return
	}
	data, err := json.Marshal(noted)
	if err != nil {
		panic("belay internal: policies: " + err.Error())
	}
	for i, o := range objects {
		if o.Kind != "Service" && o.Kind != "Route" {
			continue
		}
		read := readObject(o.JSON)
		if read.Metadata.Annotations == nil {
			read.Metadata.Annotations = map[string]string{}
		}
		read.Metadata.Annotations[objectmeta.PoliciesAnnotation] = string(data)
		objects[i].JSON = admission.Encode(o.APIVersion, o.Kind, read.Metadata, read.Spec)
	}
}

// Key names a policy in the annotation that notes it.
func Key(kind, namespace, name string) string { return kind + "/" + namespace + "/" + name }

// Hash returns a hash of the spec of an object, as JSON, whatever the order of
// its fields; "" if the object is not JSON.
func Hash(object []byte) string {
	var o struct{ Spec any }
	if err := json.Unmarshal(object, &o); err != nil {
		return ""
	}
	canonical, err := json.Marshal(o.Spec) // which sorts keys
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(canonical)
	return hex.EncodeToString(sum[:8])
}

// NeedsSidecar reports whether a policy is enforced in the sidecar of the app's
// pods and nowhere else: hosts of a ServiceEntry serve the whole mesh, and mTLS
// that is not strict admits pods without a sidecar anyway.
func NeedsSidecar(o ir.Object) bool {
	switch o.Kind {
	case "ServiceEntry":
		return false
	case "PeerAuthentication":
		var p struct {
			Spec struct{ Mtls struct{ Mode string } }
		}
		return json.Unmarshal(o.JSON, &p) != nil || p.Spec.Mtls.Mode == "STRICT"
	}
	return IsPolicy(o.Kind)
}

// Faults returns what is wrong with an object of an app that has policies: a
// template whose pods get out of the sidecar, or a policy that Istio rejects or
// does not enforce.
func Faults(o ir.Object, t *target.Target) (faults []Fault) {
	if !IsPolicy(o.Kind) {
		return templateFaults(o.JSON)
	}
	var head struct{ Metadata metav1.ObjectMeta }
	if err := json.Unmarshal(o.JSON, &head); err != nil {
		return []Fault{{"", err.Error()}}
	}
	if key := changedKey(metav1.ObjectMeta{}, head.Metadata); key != "" {
		return []Fault{{"metadata.annotations", fmt.Sprintf("it has %s: Istio does not enforce it", key)}}
	}
	cluster, err := admission.For(t)
	if err != nil {
		return []Fault{{"", err.Error()}}
	}
	_, violations := cluster.Admit(bytes.Clone(o.JSON))
	for _, v := range violations {
		faults = append(faults, Fault{cmp.Or(v.Path, "spec"), v.Message})
	}
	return faults
}
