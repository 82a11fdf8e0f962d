package admission

import (
	"fmt"
	"slices"
	"strings"

	metav1 "k8s.io/apimachinery/pkg/apis/meta/v1"
	networkingv1alpha1 "knative.dev/networking/pkg/apis/networking/v1alpha1"
	"knative.dev/pkg/apis"
	servingv1 "knative.dev/serving/pkg/apis/serving/v1"
	servingv1beta1 "knative.dev/serving/pkg/apis/serving/v1beta1"

	"github.com/belay-sh/belay/internal/diag"
)

// knativeKinds are the kinds that Knative's webhook, or its controllers, read.
var knativeKinds = []kind{
	ofKnative("v1", "Service",
		func(o *servingv1.Service) any { return o.Spec },
		func(o *servingv1.Service) *servingv1.RevisionTemplateSpec { return &o.Spec.Template }),
	ofKnative("v1", "Configuration",
		func(o *servingv1.Configuration) any { return o.Spec },
		func(o *servingv1.Configuration) *servingv1.RevisionTemplateSpec { return &o.Spec.Template }),
	ofKnative("v1", "Route", func(o *servingv1.Route) any { return o.Spec }, nil),
	ofKnative("v1beta1", "DomainMapping", func(o *servingv1beta1.DomainMapping) any { return o.Spec }, nil),
	{name: "ClusterDomainClaim", group: "networking.internal.knative.dev", version: "v1alpha1",
		newSpec: func() any { return &networkingv1alpha1.ClusterDomainClaimSpec{} }},
}

// A KnativeObject is an object whose type brings Knative's own defaulting and
// validation: the code that its webhook runs.
type KnativeObject interface {
	metav1.ObjectMetaAccessor
	apis.Defaultable
	apis.Validatable
}

// A knativeKind is what differs between the types of Knative.
type knativeKind struct {
	newObject func() KnativeObject
	is        func(KnativeObject) bool
	spec      func(KnativeObject) any // what a manifest has of an object beside its metadata
	template  func(KnativeObject) *servingv1.RevisionTemplateSpec
}

// AdmitKnative sets in an object the defaults that Knative's webhook would set,
// and returns the object as JSON with what Knative and Kubernetes reject of it.
// The object is taken to be built for the target: what the target's release
// lacks is not looked for.
func (c *Controller) AdmitKnative(o KnativeObject) ([]byte, []Violation) {
	k := kindOfType(o)
	o.SetDefaults(c.ctx)
	violations := slices.Concat(c.webhookViolations(o), podViolations(k.knative.template(o)))
	return Encode(k.apiVersion(c.target), k.name, metadataOf(o), k.knative.spec(o)), violations
}

// admitKnative is Admit for an object of Knative's.
func (c *Controller) admitKnative(k kind, apiVersion string, data []byte) ([]byte, []Violation) {
	o := k.knative.newObject()
	if err := DecodeStrict(data, o); err != nil {
		return data, []Violation{undecodable(err)}
	}
	o.SetDefaults(c.ctx)
	template := k.knative.template(o)
	violations := slices.Concat(
		flagViolations(c.target, c.webhookViolations(o)),
		podViolations(template),
		releaseViolations(c.target, metadataOf(o), template, data))
	return Encode(apiVersion, k.name, metadataOf(o), k.knative.spec(o)), violations
}

func kindOfType(o KnativeObject) kind {
	for _, k := range kinds {
		if k.knative != nil && k.knative.is(o) {
			return k
		}
	}
	panic(fmt.Sprintf("belay internal: admission has no kind for %T", o))
}

func metadataOf(o KnativeObject) metav1.ObjectMeta { return *o.GetObjectMeta().(*metav1.ObjectMeta) }

// webhookViolations returns what Knative's webhook rejects of an object that has
// its defaults.
func (c *Controller) webhookViolations(o KnativeObject) (out []Violation) {
	for _, e := range o.Validate(c.ctx).Filter(apis.ErrorLevel).WrappedErrors() {
		message := strings.ReplaceAll(e.Error(), "\n", ": ") // its details have a line of their own
		v := Violation{Message: strings.TrimSuffix(message, ": "), Code: diag.RejectedByAdmission, By: Knative}
		if len(e.Paths) > 0 {
			v.Path = e.Paths[0]
		}
		out = append(out, v)
	}
	return out
}
