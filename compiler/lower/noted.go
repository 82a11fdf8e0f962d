package lower

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"slices"

	"github.com/go-json-experiment/json/v1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/target"
)

// notePolicies notes the app's policies on its Service or Route, each with a
// hash of its spec, so that an overlay that removes or changes one is noticed
// (package overlay). Policies in another cluster are out of an overlay's sight.
func (b *builder) notePolicies() {
	if b.diags.HasErrors() || b.pinned.Target.Mesh.Separate {
		return
	}
	noted := map[string]string{}
	for _, o := range b.objects {
		if slices.Contains(policyKinds, o.Kind) {
			noted[PolicyKey(o.Kind, o.Namespace, o.Name)] = PolicyHash(o.JSON)
		}
	}
	if len(noted) == 0 {
		return
	}
	data, err := json.Marshal(noted)
	if err != nil {
		panic("belay internal: policies: " + err.Error())
	}
	for i, o := range b.objects {
		if o.Kind != "Service" && o.Kind != "Route" {
			continue
		}
		read := readObject(o.JSON)
		if read.Metadata.Annotations == nil {
			read.Metadata.Annotations = map[string]string{}
		}
		read.Metadata.Annotations[policyAnnotation] = string(data)
		b.objects[i].JSON = admission.Encode(o.APIVersion, o.Kind, read.Metadata, read.Spec)
	}
}

// PolicyKey names a policy in the annotation that notes it.
func PolicyKey(kind, namespace, name string) string { return kind + "/" + namespace + "/" + name }

// PolicyHash is a hash of the spec of an object, as JSON, whatever the order of
// its fields.
func PolicyHash(object []byte) string {
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

// IsPolicy reports whether the mesh enforces something by objects of a kind.
func IsPolicy(kind string) bool { return slices.Contains(policyKinds, kind) }

// NeedsSidecar reports whether a policy, as JSON, is enforced in the sidecar of
// the app's pods and nowhere else: hosts of a ServiceEntry serve the whole
// mesh, and mTLS that is not strict admits pods without a sidecar anyway.
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

// PolicyFaults are what is wrong with an object of belay's, as JSON, of an app
// that has policies: a template whose pods get out of the sidecar, or a policy
// that Istio rejects or does not enforce.
func PolicyFaults(o ir.Object, t *target.Target) []PolicyFault {
	if !IsPolicy(o.Kind) {
		return templateFaults(o.JSON)
	}
	var head struct{ Metadata metav1.ObjectMeta }
	if err := json.Unmarshal(o.JSON, &head); err != nil {
		return []PolicyFault{{"", err.Error()}}
	}
	if key := changedKey(metav1.ObjectMeta{}, head.Metadata); key != "" {
		return []PolicyFault{{"metadata.annotations", fmt.Sprintf("it has %s: Istio does not enforce it", key)}}
	}
	cluster, err := admission.For(t)
	if err != nil {
		return []PolicyFault{{"", err.Error()}}
	}
	if _, violations := cluster.Admit(bytes.Clone(o.JSON)); len(violations) > 0 {
		return []PolicyFault{{"spec", violations[0].Message}}
	}
	return nil
}
