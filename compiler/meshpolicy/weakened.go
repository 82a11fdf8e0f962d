package meshpolicy

import (
	"bytes"
	"fmt"
	"maps"
	"slices"

	"github.com/go-json-experiment/json/v1"
	"google.golang.org/protobuf/proto"
	networking "istio.io/api/networking/v1alpha3"
	security "istio.io/api/security/v1beta1"
	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
)

// Weakened returns the ways in which a patched object no longer enforces what it
// did before: a policy that selects other pods or denies less, a pod that its
// sidecar leaves, a route that becomes public. Templates are compared only if the
// app is guarded, that is, has policies.
func Weakened(before, after ir.Object, guarded bool) (found []Fault) {
	was, is := readObject(before.JSON), readObject(after.JSON)
	if was.Metadata.Labels[objectmeta.VisibilityLabel] != is.Metadata.Labels[objectmeta.VisibilityLabel] {
		found = append(found, Fault{"metadata.labels", "it changes the label " + objectmeta.VisibilityLabel + ", by which the app is cluster-local; write visibility"})
	}
	switch {
	case IsPolicy(before.Kind):
		if why := policyUndone(before.Kind, was.Spec, is.Spec); why != "" {
			found = append(found, Fault{"spec", why + "; change the field of mesh instead"})
		}
		if key := changedKey(was.Metadata, is.Metadata); key != "" {
			found = append(found, Fault{"metadata", fmt.Sprintf("it sets %s, by which Istio does not enforce the policy", key)})
		}
	case before.Kind == "ClusterDomainClaim" && !bytes.Equal(was.Spec, is.Spec):
		found = append(found, Fault{"spec", "it gives the domain to another namespace"})
	case guarded:
		had := templateFaults(before.JSON)
		for _, fault := range templateFaults(after.JSON) {
			if !slices.Contains(had, fault) {
				found = append(found, Fault{"spec.template", fault.Message + "; the app's policies would be void"})
			}
		}
		if label := lostLabel(before.JSON, after.JSON); label != "" && len(found) == 0 {
			found = append(found, Fault{"spec.template.metadata.labels", fmt.Sprintf("it changes the label %s of the pods, by which the app's policies select them", label)})
		}
	}
	return found
}

type readableObject struct {
	Metadata metav1.ObjectMeta
	Spec     json.RawMessage
}

func readObject(data []byte) (o readableObject) {
	if err := json.Unmarshal(data, &o); err != nil {
		panic("belay internal: an object that is not JSON: " + err.Error())
	}
	return o
}

// changedKey returns a label or an annotation of a policy that voids it and that it
// did not have; "" if there is none.
func changedKey(was, is metav1.ObjectMeta) string {
	for _, metadata := range [][2]map[string]string{{was.Annotations, is.Annotations}, {was.Labels, is.Labels}} {
		for _, key := range slices.Sorted(maps.Keys(metadata[1])) {
			if metadata[0][key] != metadata[1][key] && key == "istio.io/dry-run" {
				return key
			}
		}
	}
	return ""
}

// podLabels are labels of pods by which policies apply to them.
var podLabels = []string{objectmeta.AppLabel, objectmeta.ServiceLabel, objectmeta.InjectLabel, objectmeta.DataplaneModeLabel}

// lostLabel returns one of those that a template no longer has as it was; "" if
// there is none.
func lostLabel(before, after []byte) string {
	was, is := readTemplate(before), readTemplate(after)
	for _, label := range podLabels {
		if was.Metadata.Labels[label] != is.Metadata.Labels[label] {
			return label
		}
	}
	return ""
}

// A comparison returns how the spec of a policy enforces less than it did; "" if
// it enforces the same or more.
type comparison func(was, is proto.Message) string

// comparing is a comparison of specs of one type.
func comparing[P proto.Message](compare func(was, is P) string) comparison {
	return func(was, is proto.Message) string { return compare(was.(P), is.(P)) }
}

// policyUndone compares the specs of a policy, as JSON.
func policyUndone(kind string, before, after []byte) string {
	return policies[kind](decodePolicy(kind, before), decodePolicy(kind, after))
}

func denialsUndone(was, is *security.AuthorizationPolicy) string {
	switch {
	case !proto.Equal(was.Selector, is.Selector) || !equalAll(was.TargetRefs, is.TargetRefs):
		return "it changes which pods the policy is for"
	case !containsAll(is.Rules, was.Rules):
		return "it removes or changes a rule, so that what was denied may be admitted"
	}
	return ""
}

func filterUndone(was, is *networking.EnvoyFilter) string {
	switch {
	case !proto.Equal(was.WorkloadSelector, is.WorkloadSelector):
		return "it changes which pods the filter is for"
	case !equalAll(was.ConfigPatches, is.ConfigPatches):
		return "it changes what the sidecar is configured with"
	}
	return ""
}

func entryUndone(was, is *networking.ServiceEntry) string {
	if !slices.Equal(was.Hosts, is.Hosts) || !slices.Equal(was.ExportTo, is.ExportTo) {
		return "it changes which hosts the app may reach, or who else sees them"
	}
	return ""
}

func decodePolicy(kind string, data []byte) proto.Message {
	spec, err := admission.DecodeSpec(kind, data)
	if err != nil {
		panic("belay internal: a " + kind + " that has been read once: " + err.Error())
	}
	return spec
}

func equalAll[M proto.Message](a, b []M) bool {
	return slices.EqualFunc(a, b, func(x, y M) bool { return proto.Equal(x, y) })
}

// containsAll reports whether each of some messages is among others.
func containsAll[M proto.Message](among, messages []M) bool {
	for _, m := range messages {
		if !slices.ContainsFunc(among, func(o M) bool { return proto.Equal(o, m) }) {
			return false
		}
	}
	return true
}

// strictness orders the modes of mTLS.
func strictness(m *security.PeerAuthentication_MutualTLS, inherited int) int {
	switch m.GetMode() {
	case security.PeerAuthentication_MutualTLS_STRICT:
		return 2
	case security.PeerAuthentication_MutualTLS_PERMISSIVE:
		return 1
	case security.PeerAuthentication_MutualTLS_DISABLE:
		return 0
	}
	return inherited
}

func peerUndone(was, is *security.PeerAuthentication) string {
	if !proto.Equal(was.Selector, is.Selector) {
		return "it changes which pods the policy is for"
	}
	least := strictness(was.Mtls, 1)
	if strictness(is.Mtls, 1) < least {
		return "it lowers the mode of mTLS"
	}
	for _, port := range slices.Sorted(maps.Keys(is.PortLevelMtls)) {
		if strictness(is.PortLevelMtls[port], least) < least {
			return fmt.Sprintf("it lowers the mode of mTLS on port %d", port)
		}
	}
	return ""
}

// tokensUndone compares whose tokens are read, by which keys and for whom. Where
// in a request they are, a patch may change.
func tokensUndone(was, is *security.RequestAuthentication) string {
	if !proto.Equal(was.Selector, is.Selector) || !equalAll(was.TargetRefs, is.TargetRefs) {
		return "it changes which pods read tokens"
	}
	for _, rule := range was.JwtRules {
		same := func(o *security.JWTRule) bool {
			return o.Issuer == rule.Issuer && o.JwksUri == rule.JwksUri && o.Jwks == rule.Jwks && slices.Equal(o.Audiences, rule.Audiences)
		}
		if !slices.ContainsFunc(is.JwtRules, same) {
			return fmt.Sprintf("it removes the issuer %q, or changes its keys or audiences", rule.Issuer)
		}
	}
	return ""
}

func sidecarUndone(was, is *networking.Sidecar) string {
	switch {
	case !proto.Equal(was.WorkloadSelector, is.WorkloadSelector):
		return "it changes which pods the Sidecar is for"
	case was.OutboundTrafficPolicy.GetMode() != is.OutboundTrafficPolicy.GetMode():
		return "it lets the app reach hosts that egress does not list"
	case !equalAll(was.Ingress, is.Ingress):
		return "it changes which ports the sidecar captures"
	}
	var listed []string
	for _, e := range was.Egress {
		listed = append(listed, e.Hosts...)
	}
	for _, e := range is.Egress {
		for _, host := range e.Hosts {
			if !slices.Contains(listed, host) {
				return fmt.Sprintf("it lets the app reach %s, which egress does not list", host)
			}
		}
	}
	return ""
}
