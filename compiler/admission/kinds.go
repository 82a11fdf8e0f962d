package admission

import (
	"slices"
	"strings"

	"google.golang.org/protobuf/proto"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"

	"github.com/belay-sh/belay/internal/target"
)

// A kind is what this package has on objects of a kind. It has either Knative's
// code, or an empty spec and a function that validates one.
type kind struct {
	name    string
	group   string
	version string // "" if it depends on the target's Istio

	knative *knativeKind

	newSpec  func() any
	validate func(*target.Target, any) []Violation
}

// kinds are the kinds of objects that this package admits. A kind that is not
// listed passes Admit unchanged.
var kinds = slices.Concat(knativeKinds, networkingKinds, securityKinds)

// ofKnative is a kind whose type T has the code of Knative's webhook. The
// function template returns the template of a revision; it is nil if objects of
// the kind have none.
func ofKnative[T any, P interface {
	*T
	KnativeObject
}](version, name string, spec func(P) any, template func(P) *servingv1.RevisionTemplateSpec) kind {
	k := &knativeKind{
		newObject: func() KnativeObject { return P(new(T)) },
		is:        func(o KnativeObject) bool { _, ok := o.(P); return ok },
		spec:      func(o KnativeObject) any { return spec(o.(P)) },
		template:  func(KnativeObject) *servingv1.RevisionTemplateSpec { return nil },
	}
	if template != nil {
		k.template = func(o KnativeObject) *servingv1.RevisionTemplateSpec { return template(o.(P)) }
	}
	return kind{name: name, group: "serving.knative.dev", version: version, knative: k}
}

// ofIstio is a kind whose spec is a message of Istio's. The function validate is
// nil if belay knows no rule for the kind.
func ofIstio[T any, P interface {
	*T
	proto.Message
}](group, name string, validate func(*target.Target, P) []Violation) kind {
	k := kind{name: name, group: group, newSpec: func() any { return P(new(T)) }}
	if validate != nil {
		k.validate = func(t *target.Target, spec any) []Violation { return validate(t, spec.(P)) }
	}
	return k
}

// in is a kind that every release of Istio serves in one version.
func (k kind) in(version string) kind {
	k.version = version
	return k
}

// apiVersion is the API version to write an object of a kind with.
func (k kind) apiVersion(t *target.Target) string {
	if k.version == "" {
		return t.IstioAPI(k.group)
	}
	return k.group + "/" + k.version
}

// kindOf returns the kind of an object. Istio serves its kinds in several
// versions that have the same fields.
func kindOf(apiVersion, name string) (kind, bool) {
	group, version, _ := strings.Cut(apiVersion, "/")
	for _, k := range kinds {
		if k.name == name && k.group == group && (k.version == "" || k.version == version) {
			return k, true
		}
	}
	return kind{}, false
}

// kindNamed returns the kind of a name. It panics if there is none: the kinds
// that belay builds are listed, as a test of compiler/lower verifies.
func kindNamed(name string) kind {
	for _, k := range kinds {
		if k.name == name {
			return k
		}
	}
	panic("belay internal: admission has no kind " + name)
}

// APIVersion returns the API version that objects of a kind have at the target.
func (c *Controller) APIVersion(kind string) string { return kindNamed(kind).apiVersion(c.target) }

// Kinds returns the names of the kinds that this package has rules for.
func Kinds() (names []string) {
	for _, k := range kinds {
		names = append(names, k.name)
	}
	return names
}
