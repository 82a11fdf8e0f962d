package overlay

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler/meshpolicy"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
)

// vetPolicies reports which of belay's policies an overlay removed or changed, and
// which no longer apply to their pods.
func (b *build) vetPolicies() error {
	guarded, err := b.guardedApps()
	if err != nil {
		return err
	}
	for _, o := range b.own() {
		if err := b.vetPolicyNote(o); err != nil {
			return err
		}
		hasGuardedPods := revisionTemplate(o) != nil && guarded[appKey(o)]
		if hasGuardedPods {
			b.vetSelectors(o)
		}
		if !hasGuardedPods && !isAppPolicy(o) {
			continue
		}
		object, err := objectOf(o)
		if err != nil {
			return err
		}
		for _, fault := range meshpolicy.Faults(object, b.target) {
			b.report(newError(o, diag.LostPolicy, fault.Path, "a policy of app %s would be void: %s", o.GetLabels()[objectmeta.NameLabel], fault.Message))
		}
	}
	return nil
}

// guardedApps returns the keys of the apps with a policy that their sidecars
// enforce.
func (b *build) guardedApps() (map[string]bool, error) {
	guarded := map[string]bool{}
	for _, o := range b.own() {
		if !isAppPolicy(o) {
			continue
		}
		object, err := objectOf(o)
		if err != nil {
			return nil, err
		}
		if meshpolicy.NeedsSidecar(object) {
			guarded[appKey(o)] = true
		}
	}
	return guarded, nil
}

// isAppPolicy reports whether an object of belay's is a policy of an app, and
// not that of the whole mesh, which is a part of the platform.
func isAppPolicy(o *yaml.RNode) bool {
	ofPlatform := o.GetKind() == "PeerAuthentication" && o.GetLabels()[objectmeta.NameLabel] == ir.ServingNamespace
	return meshpolicy.IsPolicy(o.GetKind()) && !ofPlatform
}

// appKey returns the namespace and the name of the app that an object of belay's
// belongs to.
func appKey(o *yaml.RNode) string {
	return o.GetNamespace() + "/" + o.GetLabels()[objectmeta.NameLabel]
}

// objectOf returns an object in the form that the compiler has it in.
func objectOf(o *yaml.RNode) (ir.Object, error) {
	data, err := stripHostAnnotations(o)
	return ir.Object{APIVersion: o.GetApiVersion(), Kind: o.GetKind(), Namespace: o.GetNamespace(), Name: o.GetName(), JSON: data}, err
}

// vetPolicyNote compares the policies of an app with those that belay noted on
// its Service or Route. Where kustomize has renamed objects, the names within a
// policy are others, and only its presence is compared.
func (b *build) vetPolicyNote(o *yaml.RNode) error {
	text := o.GetAnnotations()[objectmeta.PoliciesAnnotation]
	if text == "" {
		return nil
	}
	var noted map[string]string
	if err := json.Unmarshal([]byte(text), &noted); err != nil {
		b.report(newError(o, diag.LostPolicy, "metadata.annotations", "the annotation %s is not what belay wrote: %v", objectmeta.PoliciesAnnotation, err))
		return nil
	}
	renamed := len(b.names.renamed)+len(b.names.moved) > 0
	for _, key := range slices.Sorted(maps.Keys(noted)) {
		policy := b.notedPolicy(key)
		if policy == nil {
			b.report(newError(o, diag.LostPolicy, "metadata.annotations", "the policy %s of app %s is gone", key, o.GetLabels()[objectmeta.NameLabel]).
				withHint("keep it, or remove the field of mesh in the spec that it is made of"))
			continue
		}
		object, err := stripHostAnnotations(policy)
		if err != nil {
			return err
		}
		if !renamed && meshpolicy.Hash(object) != noted[key] {
			b.report(newError(policy, diag.LostPolicy, "spec", "the policy of app %s is not the one that belay wrote", o.GetLabels()[objectmeta.NameLabel]).
				withHint("remove what changes it, and change mesh in the spec"))
		}
	}
	return nil
}

// renewPolicyNote notes the policies of an app as they are now: under the names
// and in the namespaces that an overlay gave them. vetPolicies has reported those
// that are gone or changed.
func (b *build) renewPolicyNote(o *yaml.RNode) error {
	var noted map[string]string
	text := o.GetAnnotations()[objectmeta.PoliciesAnnotation]
	if text == "" || json.Unmarshal([]byte(text), &noted) != nil {
		return nil
	}
	now := map[string]string{}
	for key, hash := range noted {
		policy := b.notedPolicy(key)
		if policy == nil {
			now[key] = hash
			continue
		}
		data, err := stripHostAnnotations(policy)
		if err != nil {
			return err
		}
		now[meshpolicy.Key(policy.GetKind(), policy.GetNamespace(), policy.GetName())] = meshpolicy.Hash(data)
	}
	data, err := json.Marshal(now)
	if err != nil {
		return err
	}
	return o.PipeE(yaml.SetAnnotation(objectmeta.PoliciesAnnotation, string(data)))
}

// notedPolicy returns the object that a noted policy is now; nil if there is none.
func (b *build) notedPolicy(key string) *yaml.RNode {
	parts := strings.SplitN(key, "/", 3)
	if len(parts) != 3 {
		return nil
	}
	for _, o := range b.objects {
		wasNamed := o.GetName() == parts[2] || slices.Contains(formerNames(o), parts[2])
		wasIn := o.GetNamespace() == parts[1] || slices.Contains(valuesOf(o, previousNamespaces), parts[1])
		if o.GetKind() == parts[0] && wasNamed && wasIn {
			return o
		}
	}
	return nil
}
