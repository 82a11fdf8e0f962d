package admission

import (
	"crypto/sha256"
	"encoding/hex"
	"reflect"

	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
)

// canonicalForm names the form of templates that revision names are hashed
// over. Another form renames every revision, so it never changes in place: a
// new form gets a new version, and this one stays for the names that the
// ledgers of users have.
//
// The form is JSON in the manner of RFC 8785: object keys sorted by their
// bytes, no white space, strings with the shortest escapes. It has of a template:
//
//   - every field that belay sets. A field is set if it is a pointer that is
//     not nil, or another value that is not zero or empty. The tags of the Go
//     types (omitempty, omitzero) have no part in it, nor has any JSON encoder
//   - of the fields that belay does not set, those in templateDefaults, with the
//     value that upstream's defaulting gives them
//   - quantities as decimal numbers, so that 100m and 0.1 are the same
//   - not the name, which the hash becomes a part of
//
// A new upstream field that belay does not set is thus not in the form, whether
// upstream gives it a default or not. What the webhook compares under an
// unchanged name (knative.dev/serving/pkg/apis/serving/v1/revision_validation.go,
// VerifyNameChange) is what belay sets and what upstream's defaulting adds.
const canonicalForm = "belay revision template 1\n"

// templateDefaults are the fields of a template that upstream's defaulting
// fills in, in form 1. A path has no list indices. A map or a list is in the
// form as a whole.
var templateDefaults = map[string]bool{
	"spec.containerConcurrency":                                    true,
	"spec.containers.livenessProbe.grpc.service":                   true,
	"spec.containers.name":                                         true,
	"spec.containers.readinessProbe.failureThreshold":              true,
	"spec.containers.readinessProbe.grpc.service":                  true,
	"spec.containers.readinessProbe.successThreshold":              true,
	"spec.containers.readinessProbe.tcpSocket":                     true,
	"spec.containers.readinessProbe.timeoutSeconds":                true,
	"spec.containers.resources.limits":                             true,
	"spec.containers.resources.requests":                           true,
	"spec.containers.startupProbe.grpc.service":                    true,
	"spec.containers.volumeMounts.readOnly":                        true,
	"spec.enableServiceLinks":                                      true,
	"spec.idleTimeoutSeconds":                                      true,
	"spec.initContainers.name":                                     true,
	"spec.responseStartTimeoutSeconds":                             true,
	"spec.timeoutSeconds":                                          true,
	"spec.containers.securityContext.runAsNonRoot":                 true,
	"spec.containers.securityContext.capabilities":                 true,
	"spec.containers.securityContext.capabilities.add":             true,
	"spec.containers.securityContext.capabilities.drop":            true,
	"spec.containers.securityContext.seccompProfile":               true,
	"spec.containers.securityContext.seccompProfile.type":          true,
	"spec.containers.securityContext.allowPrivilegeEscalation":     true,
	"spec.initContainers.securityContext.runAsNonRoot":             true,
	"spec.initContainers.securityContext.capabilities":             true,
	"spec.initContainers.securityContext.capabilities.add":         true,
	"spec.initContainers.securityContext.capabilities.drop":        true,
	"spec.initContainers.securityContext.seccompProfile":           true,
	"spec.initContainers.securityContext.seccompProfile.type":      true,
	"spec.initContainers.securityContext.allowPrivilegeEscalation": true,
}

// A Hash is that of a template.
type Hash [sha256.Size]byte

// String is the whole hash, as "sha256:5ea9…".
func (h Hash) String() string { return "sha256:" + hex.EncodeToString(h[:]) }

// Short is the part of the hash that is in the name of a revision: 8 digits.
func (h Hash) Short() string { return hex.EncodeToString(h[:4]) }

// HashTemplate hashes the canonical form of a template: as belay sets it, and
// with upstream's defaults. For a template that was read from somewhere, both
// are the same.
func HashTemplate(set, defaulted servingv1.RevisionTemplateSpec) Hash {
	return sha256.Sum256(canonicalTemplate(set, defaulted))
}

// TemplateHash hashes a template with the defaults of the target's cluster.
func (c *Controller) TemplateHash(set servingv1.RevisionTemplateSpec) Hash {
	s := &servingv1.Service{}
	s.Spec.Template = *set.DeepCopy()
	s.SetDefaults(c.ctx)
	return HashTemplate(set, s.Spec.Template)
}

// ServiceHash hashes the template of a Knative Service, as JSON. The error is
// the reason why it cannot be decoded.
func (c *Controller) ServiceHash(service []byte) (Hash, error) {
	s := &servingv1.Service{}
	if err := DecodeStrict(service, s); err != nil {
		return Hash{}, err
	}
	s.SetDefaults(c.ctx)
	return HashTemplate(s.Spec.Template, s.Spec.Template), nil
}

func canonicalTemplate(set, defaulted servingv1.RevisionTemplateSpec) []byte {
	set.Name, defaulted.Name = "", ""
	b := append(make([]byte, 0, 1024), canonicalForm...)
	b, _ = appendCanonical(b, "", reflect.ValueOf(set), reflect.ValueOf(defaulted))
	return b
}
