package overlay

import (
	"fmt"
	"slices"
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/ir"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/target"
)

// Vet reports what is wrong with objects, and changes none: what the webhooks would
// reject, what Istio would ignore in the objects of an app, and what was lost of
// what belay wrote. The error is about the settings of the target.
func Vet(objects []*yaml.RNode, t *target.Target) ([]Finding, error) {
	b := newBuild(objects, t)
	b.names = newNames(b.objects, t)
	for _, o := range b.objects {
		b.vetUncompiled(o)
		if b.vetKind(o) {
			if err := b.validate(o); err != nil {
				return nil, err
			}
		}
		if madeByBelay(o) {
			b.vetDigests(o)
			b.vetTemplateLabel(o)
			b.vetReferences(o)
			b.vetNamespaces(o)
		}
		b.vetHostName(o)
		b.vetTexts(o)
	}
	err := b.vetPolicies()
	return b.findings, err
}

// validate reports what the webhooks would reject in an object. The API server
// would drop a selector silently; kustomize's commonLabels adds one.
func (b *build) validate(o *yaml.RNode) error {
	if groupOf(o) == servingGroup && field(o, "spec", "selector") != nil {
		b.report(newError(o, diag.ForeignField, "spec.selector", "a Knative %s has no selector", o.GetKind()).
			withHint("kustomize's commonLabels takes it for a Service of Kubernetes; use labels, with pairs"))
		return nil
	}
	if groupOf(o) != servingGroup && !isIstio(o) {
		return nil
	}
	object, err := stripHostAnnotations(o)
	if err != nil {
		return err
	}
	cluster, err := admission.For(b.target)
	if err != nil {
		return err
	}
	_, violations := cluster.Admit(object)
	for _, v := range violations {
		if isIstio(o) && !concerns(v, o) {
			continue
		}
		b.report(newViolation(o, v))
	}
	return nil
}

// isIstio reports whether the control plane of the mesh reads an object.
func isIstio(o *yaml.RNode) bool { return strings.HasSuffix(groupOf(o), ".istio.io") }

// concerns reports whether a violation by an object of Istio's is to be reported.
// Beyond the form of the object, the rules are about the objects of an app: others,
// such as the policy of a whole namespace, may break them for good reasons. Faults
// of policies are reported by vetPolicies.
func concerns(v admission.Violation, o *yaml.RNode) bool {
	ofApp := madeByBelay(o) && o.GetAnnotations()[objectmeta.ManifestAnnotation] == "" && o.GetLabels()[objectmeta.NameLabel] != ""
	if ofApp && isAppPolicy(o) {
		return false
	}
	return v.By == admission.Decoding || ofApp && o.GetLabels()[objectmeta.NameLabel] != ir.ServingNamespace
}

// newViolation returns the finding for a violation.
func newViolation(o *yaml.RNode, v admission.Violation) Finding {
	message := v.Message
	switch {
	case v.By == admission.Istio:
		message = fmt.Sprintf("Istio rejects this %s: %s", o.GetKind(), v.Message)
	case v.By == admission.Decoding && isIstio(o):
		message = fmt.Sprintf("this %s is invalid: %s", o.GetKind(), v.Message)
	case v.By == admission.Decoding || v.By == admission.Knative:
		message = fmt.Sprintf("Knative rejects this %s: %s", o.GetKind(), v.Message)
	}
	return newError(o, v.Code, v.Path, "%s", message).withHint("%s", v.Hint)
}

// vetTemplateLabel reports a template that has lost the label by which policies
// of the mesh select its pods.
func (b *build) vetTemplateLabel(o *yaml.RNode) {
	if template := revisionTemplate(o); template != nil && yaml.GetValue(field(template, "metadata", "labels", objectmeta.AppLabel)) == "" {
		b.report(newError(o, diag.LostLabel, "spec.template.metadata.labels", "the template has lost the label %s", objectmeta.AppLabel))
	}
}

// vetHostName reports an object whose name was a host and is another now.
func (b *build) vetHostName(o *yaml.RNode) {
	if host := formerHost(o); host != "" {
		b.report(newError(o, diag.LostName, "metadata.name", "the name of a %s is a host, and was %s", o.GetKind(), host).
			withHint("kustomize's namePrefix and nameSuffix rename it; belay's Finalize gives the name back").
			withValues(o.GetName(), host))
	}
}

// formerHost returns the former name of an object whose name is a host; "" if it
// still has it.
func formerHost(o *yaml.RNode) string {
	former := formerNames(o)
	if !slices.Contains([]string{"DomainMapping", "ClusterDomainClaim"}, o.GetKind()) || len(former) == 0 || former[0] == o.GetName() {
		return ""
	}
	return former[0]
}

// vetReferences reports names of objects that do not exist, among those that
// come together: a Configuration with its Route, a Service or Route with its
// DomainMapping. While kustomize builds, nothing is reported: it renames objects
// first, and what refers to them after all functions have run.
func (b *build) vetReferences(o *yaml.RNode) {
	if len(b.names.renamed) > 0 || groupOf(o) != servingGroup {
		return
	}
	reported := map[*yaml.Node]bool{} // a field may name a Service or a Route, and has a rule for each
	for _, r := range referencesIn(o) {
		if r.rule.Group != servingGroup || b.names.hasServing(o.GetNamespace(), r.node.Value) || reported[r.node] {
			continue
		}
		reported[r.node] = true
		b.report(newError(o, diag.LostReference, r.path, "there is no %s", r.node.Value).
			withHint("what renamed it has to follow: kustomize does with belay's references.yaml as configurations, and Finalize").
			withValues(r.node.Value, ""))
	}
}
