package overlay

import (
	"strings"

	"sigs.k8s.io/kustomize/kyaml/yaml"

	"github.com/belay-sh/belay/compiler/admission"
	"github.com/belay-sh/belay/internal/diag"
	"github.com/belay-sh/belay/internal/naming"
	"github.com/belay-sh/belay/internal/objectmeta"
	"github.com/belay-sh/belay/internal/pin"
	"github.com/belay-sh/belay/internal/target"
	"github.com/belay-sh/belay/schema"
)

// Finalize restores in belay's objects what kustomize took from them: digests,
// labels, names that are hosts, references to objects that were renamed or moved,
// and the names of revisions, which are computed from the content of their
// templates. It changes the objects in place. Repairs are warnings; what it
// cannot repair is an error, and so is a policy that an overlay made void.
func Finalize(objects []*yaml.RNode, t *target.Target, lock *pin.Lock) ([]Finding, error) {
	b := newBuild(objects, t)
	for _, o := range b.objects {
		b.vetUncompiled(o)
	}
	own := b.own()
	if err := each(own, b.restoreHostName, b.dropSelector, b.restoreLabels); err != nil {
		return nil, err
	}
	b.names = newNames(b.objects, t)
	for _, o := range b.objects {
		b.updateReferences(o)
		if !madeByBelay(o) {
			continue
		}
		if err := b.pinImages(o, lock, "the image %s has lost its digest, and the lock has none for it"); err != nil {
			return nil, err
		}
		if err := b.renameRevision(o); err != nil {
			return nil, err
		}
	}
	for _, o := range b.objects {
		b.updateTexts(o)
		b.updateNamespaces(o)
	}
	if err := each(b.objects, b.restoreNamespace); err != nil {
		return nil, err
	}
	if err := b.vetPolicies(); err != nil {
		return nil, err
	}
	err := each(own, b.renewPolicyNote)
	return b.findings, err
}

// each applies each repair to all objects before the next one.
func each(objects []*yaml.RNode, repairs ...func(*yaml.RNode) error) error {
	for _, repair := range repairs {
		for _, o := range objects {
			if err := repair(o); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *build) restoreHostName(o *yaml.RNode) error {
	host := formerHost(o)
	if host == "" {
		return nil
	}
	b.warn(o, diag.LostName, "metadata.name", "the name of a %s is a host; it is %s again", o.GetKind(), host)
	return o.PipeE(yaml.Lookup("metadata"), yaml.SetField("name", yaml.NewStringRNode(host)))
}

func (b *build) dropSelector(o *yaml.RNode) error {
	if groupOf(o) != servingGroup || field(o, "spec", "selector") == nil {
		return nil
	}
	b.warn(o, diag.ForeignField, "spec.selector", "a Knative %s has no selector; it is dropped. Use labels in place of commonLabels", o.GetKind())
	return o.PipeE(yaml.Lookup("spec"), yaml.Clear("selector"))
}

// restoreLabels restores belay's labels and annotation on an object and its
// template. A value that the kustomization sets stays.
func (b *build) restoreLabels(o *yaml.RNode) error {
	labels := o.GetLabels()
	template := revisionTemplate(o)
	app := labels[objectmeta.NameLabel]
	if template != nil && app == "" {
		app = yaml.GetValue(field(template, "metadata", "labels", objectmeta.AppLabel))
	}
	for _, label := range []struct{ name, value string }{{objectmeta.ManagedByLabel, objectmeta.ManagedByBelay}, {objectmeta.NameLabel, app}} {
		if labels[label.name] != "" || label.value == "" {
			continue
		}
		b.warn(o, diag.LostLabel, "metadata.labels", "the label %s is back", label.name)
		if err := o.PipeE(yaml.SetLabel(label.name, label.value)); err != nil {
			return err
		}
	}
	if err := o.PipeE(yaml.SetAnnotation(objectmeta.SpecAnnotation, schema.APIVersion)); err != nil {
		return err
	}
	if template == nil || app == "" || yaml.GetValue(field(template, "metadata", "labels", objectmeta.AppLabel)) != "" {
		return nil
	}
	b.warn(o, diag.LostLabel, "spec.template.metadata.labels", "the template has its label %s again", objectmeta.AppLabel)
	return template.PipeE(
		yaml.LookupCreate(yaml.MappingNode, "metadata", "labels"),
		yaml.SetField(objectmeta.AppLabel, yaml.NewStringRNode(app)))
}

// updateReferences sets the fields that contain the former name of an object.
func (b *build) updateReferences(o *yaml.RNode) {
	for _, r := range referencesIn(o) {
		if now := b.names.renamedTo(r.to(o.GetNamespace())); now != "" {
			r.node.Value = now
		}
	}
}

// updateTexts sets the texts that contain the former name of an object, and
// reports those for which the new one is not known: the object is in several
// namespaces now.
func (b *build) updateTexts(o *yaml.RNode) {
	for _, text := range b.names.staleTexts(o) {
		if text.now != "" {
			text.node.Value = text.now
		}
	}
	b.vetTexts(o)
}

// renameRevision gives the template of a Service with named revisions the name
// that is computed from its present content, and adds it to the names.
func (b *build) renameRevision(o *yaml.RNode) error {
	old := yaml.GetValue(field(o, "spec", "template", "metadata", "name"))
	stem, _, computed := naming.CutRevision(old)
	if groupOf(o) != servingGroup || o.GetKind() != "Service" || !computed {
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
	hash, err := cluster.ServiceHash(object)
	if err != nil {
		b.report(newError(o, diag.RejectedByAdmission, "spec.template", "Knative rejects this Service: %v", err))
		return nil
	}
	name := presentStem(o, stem) + "-" + hash.Short()
	if name == old {
		return nil
	}
	b.warn(o, diag.LostName, "spec.template.metadata.name", "the template is another; its revision is called %s, not %s", name, old)
	field(o, "spec", "template", "metadata", "name").YNode().Value = name
	b.names.renamed[identity{servingGroup, "Revision", o.GetNamespace(), old}] = name
	b.names.current[identity{servingGroup, "Revision", o.GetNamespace(), name}] = true
	b.renameTraffic(o, old, name)
	return nil
}

// presentStem returns the part of a revision's name before its hash, with the
// present name of the Service in place of a former one.
func presentStem(o *yaml.RNode, stem string) string {
	for _, former := range formerNames(o) {
		if id, ok := strings.CutPrefix(stem, former+"-"); ok {
			return o.GetName() + "-" + id
		}
	}
	return stem
}

// renameTraffic sends traffic for the old name of the template to the new one, and
// reports revisions that belong to a Service of another name: they cannot be
// renamed, since a cluster has them.
func (b *build) renameTraffic(o *yaml.RNode, old, name string) {
	for _, n := range scalarsAt(o.YNode(), []string{"spec", "traffic", "revisionName"}) {
		switch {
		case n.Value == old:
			n.Value = name
		case !strings.HasPrefix(n.Value, o.GetName()+"-"):
			b.report(newError(o, diag.LostReference, "spec.traffic.revisionName", "the revision %s belongs to a Service of another name", n.Value).
				withHint("a Service with named revisions can't be renamed; name it in the spec"))
		}
	}
}
